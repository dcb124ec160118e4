/** Faults in XML: what saxes says about them, as the sensor's author needs to read it. */
import { quote } from '../errors.ts';

/** What is known at a fault. */
export interface Situation {
  /** name of the tag that is being read, or was read last */
  readonly tag: string;
  /** the last character that was read */
  readonly character: string;
}

/** A fault in our words. */
export interface Fault {
  readonly message: string;
  /** characters from the fault to the last character that was read; undefined: the whole token */
  readonly back?: number;
}

type Explain = (situation: Situation) => Fault;

const token =
  (message: string): Explain =>
  () => ({ message });

const inTag =
  (what: string): Explain =>
  ({ tag, character }) => ({ message: `${what} at ${quote(character)} in <${tag}>`, back: 0 });

function character({ character: found }: Situation): Fault {
  if (found === '<') return { message: '"<" in an attribute value; write &lt; for it', back: 0 };
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return { message: `the character U+${code} is not allowed in XML`, back: 0 };
}

const endTag: Explain = ({ character: found }) => ({
  message: `a malformed end tag at ${quote(found)}`,
  back: 0,
});
const instruction = token('"<?" does not begin a processing instruction');

const FAULTS: ReadonlyMap<string, Explain> = new Map([
  ['disallowed character.', character],
  [
    'the string "]]>" is disallowed in char data.',
    () => ({ message: '"]]>" in text; write ]]&gt; for it', back: 2 }),
  ],
  ['disallowed character in tag name', token('"<" does not begin a tag here; write &lt; for it')],
  ['disallowed character in tag name.', inTag('a malformed name')],
  [
    'incorrect syntax.',
    token('"<!" begins neither a comment nor a CDATA section nor a document type'),
  ],
  [
    'inappropriately located doctype declaration.',
    token('a document type after the root element begins, or a second one'),
  ],
  [
    'documents may contain only one root.',
    ({ tag }) => ({ message: `<${tag}> after the root element; send one document per request` }),
  ],
  ['document must contain a root element.', token('the document has no element')],
  [
    'forward-slash in opening tag not followed by >.',
    ({ tag }) => ({ message: `"/" without ">" in <${tag}>` }),
  ],
  ['disallowed character in attribute name.', inTag('a malformed attribute')],
  ['attribute without value.', inTag('an attribute without a value')],
  ['unquoted attribute value.', inTag('an attribute value without quotes')],
  ['no whitespace between attributes.', inTag('no white space between attributes')],
  ['disallowed character in closing tag.', endTag],
  ['weird empty close tag.', token('"</" begins no end tag')],
  ['processing instruction without a target.', instruction],
  ['disallowed character in processing instruction name.', instruction],
]);

/** @param message what saxes says */
export function explainFault(message: string, situation: Situation): Fault {
  return FAULTS.get(message)?.(situation) ?? { message };
}

/** What is wrong with what is between "&" and ";". */
export function explainReference(entity: string): string {
  if (!/^[^\s;&<"']{1,40}$/.test(entity)) return '"&" that begins no reference; write &amp; for it';
  return /^#(?:[0-9]+|x[0-9a-fA-F]+)$/.test(entity)
    ? `the reference &${entity}; is to no character of XML`
    : `the reference &${entity}; is not one of XML's own`;
}
