import { readFileSync } from 'node:fs';
import { inProject } from '../helpers/root.ts';
import { readDtd, type Dtd } from './dtd.ts';

/** A namespace and the document type definition that holds for it. */
export interface Dialect {
  readonly title: string;
  readonly namespace: string;
  /** path of the document type definition */
  readonly path: string;
  readonly dtd: Dtd;
}

function dialect(title: string, namespace: string, file: string): Dialect {
  const path = inProject('test/fixtures/dtd', file);
  return { title, namespace, path, dtd: readDtd(readFileSync(path, 'utf8')) };
}

export const RFC = dialect('RFC 4765', 'http://iana.org/idmef', 'idmef-rfc4765.dtd');
export const BARE = dialect('no namespace', '', 'idmef-rfc4765.dtd');
export const DRAFT = dialect('2004 draft', 'urn:iana:xml:ns:idmef', 'idmef-draft-2004.dtd');
export const DIALECTS = [RFC, BARE, DRAFT] as const;

/** By the namespace of a root element; RFC 4765 for namespaces that are not IDMEF's. */
export function dialectOf(namespace: string): Dialect {
  return DIALECTS.find((one) => one.namespace === namespace) ?? RFC;
}
