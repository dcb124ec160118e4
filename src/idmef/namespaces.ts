/** The namespaces that are IDMEF's: RFC 4765, 5; the 2004 draft; and none at all. */
const IDMEF = new Set(['', 'http://iana.org/idmef', 'urn:iana:xml:ns:idmef']);

/** An element or attribute of this namespace belongs to IDMEF; others are ignored. */
export const isIdmef = (uri: string): boolean => IDMEF.has(uri);
