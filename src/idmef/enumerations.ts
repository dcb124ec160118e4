/**
 * The enumerations of RFC 4765 with libprelude's numbers (libprelude 5.2.0, idmef-tree-wrap.c).
 * Both have the same values; libprelude compares them without case.
 */

/** One enumeration: its texts and numbers. */
export interface Enumeration {
  readonly name: string;
  /** by the text in lower case */
  readonly numbers: ReadonlyMap<string, number>;
  /** as RFC 4765 spells them */
  readonly texts: readonly string[];
  /** libprelude writes it only if it is set; all others are written as 0 then */
  readonly optional: boolean;
  /** the text of a number; the number itself if it has none */
  textOf(number: number): string;
}

/** Texts whose numbers count up from `first`. */
interface Listing {
  readonly first: 0 | 1;
  readonly texts: string;
  readonly optional?: true;
}

const LISTINGS = {
  action_category: { first: 0, texts: 'other block-installed notification-sent taken-offline' },
  additional_data_type: {
    first: 0,
    texts: 'string byte character date-time integer ntpstamp portlist real boolean byte-string xml',
  },
  address_category: {
    first: 0,
    texts:
      'unknown atm e-mail lotus-notes mac sna vm ipv4-addr ipv4-addr-hex ipv4-net ipv4-net-mask ' +
      'ipv6-addr ipv6-addr-hex ipv6-net ipv6-net-mask',
  },
  checksum_algorithm: {
    first: 1,
    texts: 'MD4 MD5 SHA1 SHA2-256 SHA2-384 SHA2-512 CRC-32 Haval Tiger Gost',
  },
  confidence_rating: { first: 0, texts: 'numeric low medium high' },
  file_category: { first: 1, texts: 'current original' },
  file_fstype: {
    first: 1,
    texts: 'ufs efs nfs afs ntfs fat16 fat32 pcfs joliet iso9660',
    optional: true,
  },
  impact_completion: { first: 1, texts: 'failed succeeded', optional: true },
  impact_severity: { first: 1, texts: 'info low medium high', optional: true },
  impact_type: { first: 0, texts: 'other admin dos file recon user' },
  linkage_category: {
    first: 1,
    texts: 'hard-link mount-point reparse-point shortcut stream symbolic-link',
  },
  node_category: {
    first: 0,
    texts: 'unknown ads afs coda dfs dns hosts kerberos nds nis nisplus nt wfw',
  },
  reference_origin: {
    first: 0,
    texts: 'unknown vendor-specific user-specific bugtraqid cve osvdb',
  },
  source_spoofed: { first: 0, texts: 'unknown yes no' },
  target_decoy: { first: 0, texts: 'unknown yes no' },
  user_category: { first: 0, texts: 'unknown application os-device' },
  user_id_type: {
    first: 0,
    texts:
      'original-user current-user target-user user-privs current-group group-privs other-privs',
  },
} as const satisfies Record<string, Listing>;

export type EnumerationName = keyof typeof LISTINGS;

/** The enumeration of that name. */
export function enumeration(name: EnumerationName): Enumeration {
  const listing: Listing = LISTINGS[name];
  const texts = listing.texts.split(' ');
  return {
    name,
    texts,
    numbers: new Map(texts.map((text, place) => [text.toLowerCase(), place + listing.first])),
    optional: listing.optional === true,
    textOf: (number) => texts[number - listing.first] ?? String(number),
  };
}
