/** How the status page puts things. */
import type { ErrorCode } from '../errors.ts';

/** What a refused request was refused for. Nothing of the document is in it. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  'malformed-xml': 'not well-formed XML',
  'entity-declared': 'declares entities',
  'not-idmef': 'not IDMEF',
  'bad-value': 'a value that Prelude cannot hold',
  'limit-exceeded': 'beyond a limit of the format',
  'short-body': 'shorter than announced',
  'corrupt-content-encoding': 'cannot be decompressed',
  'method-not-allowed': 'another method than POST',
  'page-only-read': 'a page can only be read',
  'too-large': 'too large',
  'unsupported-media-type': 'content type or encoding is not supported',
  invalid: 'not valid by the DTD',
  'too-much-in-flight': 'too many documents at a time',
  'queue-full': 'the queue is full',
  'queue-failed': 'the queue cannot be written',
  stopping: 'the gateway was stopping',
  defect: 'internal error of the gateway',
};

/** The error in words, or else its code. */
export function reasonInWords(code: ErrorCode): string {
  return REASONS[code] ?? code;
}

/** 1,234 */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}

/** "1 message", "2 messages" */
export function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 12.3 MiB */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power > 0 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[power] ?? ''}`;
}

const SPANS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** The two largest parts: 3 d 4 h, 5 min 12 s. */
export function duration(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds / 1000));
  const first = SPANS.findIndex(([, length]) => rest >= length);
  if (first < 0) return '0 s';
  const parts = SPANS.slice(first, first + 2).map(([unit, length]) => {
    const value = Math.floor(rest / length);
    rest %= length;
    return value === 0 ? '' : `${value} ${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** 10:23:45 of that time, UTC. */
export function clock(time: number): string {
  return new Date(time).toISOString().slice(11, 19);
}

/** 10:23 of that time, UTC. */
export function clockMinute(time: number): string {
  return clock(time).slice(0, 5);
}

/** For `<time datetime>`. */
export function machineTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** What libprelude puts in front of its messages (date, process, level) does not help here. */
export function withoutPreamble(message: string): string {
  return message.replace(/^.*?\(process:\d+\) [A-Z]+: /, '');
}
