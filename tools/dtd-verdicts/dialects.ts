import { existsSync, readFileSync } from 'node:fs';
import { readDtd, type Dtd } from '../../src/validate/dtd.ts';
import { inProject } from '../../test/helpers/root.ts';

/** A namespace and the document type definition that is the reference for it. */
export interface Dialect {
  readonly title: string;
  readonly namespace: string;
  /** path of the document type definition */
  readonly path: string;
  readonly dtd: Dtd;
}

/** prelude-manager's, which is the one of RFC 4765 */
const INSTALLED = '/usr/share/prelude-manager/xmlmod/idmef-message.dtd';
const RFC_DTD = existsSync(INSTALLED)
  ? INSTALLED
  : inProject('test/fixtures/dtd/idmef-rfc4765.dtd');
const DRAFT_DTD = inProject('test/fixtures/dtd/idmef-draft-2004.dtd');

function dialect(title: string, namespace: string, path: string): Dialect {
  return { title, namespace, path, dtd: readDtd(readFileSync(path, 'utf8')) };
}

export const RFC = dialect('RFC 4765', 'http://iana.org/idmef', RFC_DTD);
const BARE = dialect('no namespace', '', RFC_DTD);
export const DRAFT = dialect('2004 draft', 'urn:iana:xml:ns:idmef', DRAFT_DTD);
export const DIALECTS = [RFC, BARE, DRAFT] as const;

/** By the namespace of a root element; RFC 4765 for namespaces that are not IDMEF's. */
export function dialectOf(namespace: string): Dialect {
  return DIALECTS.find((one) => one.namespace === namespace) ?? RFC;
}
