/** Small things about the texts that senders write. */

export { quote } from '../errors.ts';

/** Takes one line on each adaptation that is made. */
export interface Notes {
  note(text: string): void;
}

const CAPITAL = /[A-Z]/;
const CAPITALS = /[A-Z]/g;

/** XML's white space: space, tab, carriage return, line feed. */
const isSpace = (code: number): boolean =>
  code === 0x20 || code === 0x0a || code === 0x09 || code === 0x0d;

/** Nothing but XML's white space, or nothing at all. */
export function isBlank(text: string): boolean {
  for (let index = 0; index < text.length; index++)
    if (!isSpace(text.charCodeAt(index))) return false;
  return true;
}

/** XML's white space off both ends (String.trim takes more). */
export function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/** ASCII letters in lower case, as libprelude compares (String.toLowerCase takes the Kelvin sign for k). */
export function lowerCase(text: string): string {
  return CAPITAL.test(text) ? text.replaceAll(CAPITALS, (letter) => letter.toLowerCase()) : text;
}
