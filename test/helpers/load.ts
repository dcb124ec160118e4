import { postText } from './curl.ts';
import { alerts } from './documents.ts';

/** Messageids that no other call gives. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/**
 * Posts one alert for each messageid, ten at a time, and returns the messageids that were answered
 * 200. A request that gets no answer counts as refused.
 */
export async function postAll(
  url: string,
  ids: string[],
  onAccepted: (count: number) => void = () => undefined,
): Promise<string[]> {
  const waiting = [...ids];
  const accepted: string[] = [];
  const client = async (): Promise<void> => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      if ((await statusOf(url, id)) !== 200) continue;
      accepted.push(id);
      onAccepted(accepted.length);
    }
  };
  await Promise.all(Array.from({ length: 10 }, client));
  return accepted;
}

async function statusOf(url: string, id: string): Promise<number> {
  try {
    return (await postText(url, alerts([id]))).status;
  } catch {
    return 0;
  }
}
