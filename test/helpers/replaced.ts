/** A text with something replaced that has to be in it. */
export function replaced(text: string, what: RegExp, by: string): string {
  const result = text.replace(what, by);
  if (result === text) throw new Error(`there is nothing that matches ${what.source}`);
  return result;
}
