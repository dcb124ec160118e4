const named: Partial<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  amp: '&',
};

/** The value of an attribute among the source text of several; '' where there is none. */
export function attribute(name: string, attributes: string): string {
  const value = new RegExp(`\\b${name}\\s*=\\s*(["'])(.*?)\\1`, 's').exec(attributes)?.[2] ?? '';
  return value.replace(/&(#?\w+);/g, (reference, code: string) => {
    if (code.startsWith('#x')) return String.fromCodePoint(parseInt(code.slice(2), 16));
    if (code.startsWith('#')) return String.fromCodePoint(parseInt(code.slice(1), 10));
    return named[code] ?? reference;
  });
}
