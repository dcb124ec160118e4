/** Sources of regular expressions (flag u) for the tokens of XML 1.0. */

const START =
  'A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D' +
  '\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const REST = `${START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040`;

/** A name without a colon (Namespaces in XML 1.0). */
export const NCNAME = `[${START}][${REST}]*`;

/** A name with an optional prefix. */
export const QNAME = `${NCNAME}(?::${NCNAME})?`;

/** A name token. */
export const NMTOKEN = `[${REST}:]+`;

/** White space, line ends being LF already. */
export const SPACE = '[ \\t\\n]';

/** A reference that needs no declaration; of the form only, the character may be none of XML's. */
export const REFERENCE = '&(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);';
