/** The namespaces of IDMEF. */

/** RFC 4765, 5; the 2004 draft. */
const IDMEF = new Set(['http://iana.org/idmef', 'urn:iana:xml:ns:idmef']);

/** Whether an element or attribute of this namespace belongs to IDMEF ('' does, too); others are ignored. */
export const isIdmef = (uri: string): boolean => uri === '' || IDMEF.has(uri);
