/** XML names without a colon (Namespaces in XML 1.0, NCName), as far as sax reads them: the BMP. */

const START =
  'A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D' +
  '\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD';
const REST = `${START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040`;

/** Source of a regular expression for an NCName. */
export const NCNAME = `[${START}][${REST}]*`;

/** Source of a regular expression for a name with an optional prefix. */
export const QNAME = `${NCNAME}(?::${NCNAME})?`;

/** Source of a regular expression for a name token. */
export const NMTOKEN = `[${REST}:]+`;

/** Source of a class of XML's white space, line ends being LF already. */
export const SPACE = '[ \\t\\n]';

/** Source of a class of the characters that XML 1.0 does not allow; lone surrogates cannot come. */
export const NO_CHAR = '[\\0-\\x08\\x0B\\x0C\\x0E-\\x1F\\uFFFE\\uFFFF]';

/** Source of a regular expression for an & that begins none of XML's own references. */
export const BAD_REFERENCE = '&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)';
