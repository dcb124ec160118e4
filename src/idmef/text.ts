/** Small things about the texts that senders write. */

/** Takes one line on an adaptation that was made. */
export type Note = (text: string) => void;

const CAPITAL = /[A-Z]/;
const CAPITALS = /[A-Z]/g;

const XML_SPACE = ' \t\r\n';

/** XML's white space off both ends (String.trim takes more). */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && XML_SPACE.includes(text.charAt(start))) start++;
  while (end > start && XML_SPACE.includes(text.charAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** ASCII letters in lower case, as libprelude compares (String.toLowerCase takes the Kelvin sign for k). */
export function lowerCase(text: string): string {
  return CAPITAL.test(text) ? text.replaceAll(CAPITALS, (letter) => letter.toLowerCase()) : text;
}

/** At most 40 characters of a sender's text, quoted, for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

/** What a sticky pattern (y) matches at that place. */
export function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}
