import { curl } from '../helpers/curl.ts';
import type { Apache } from '../helpers/apache.ts';

/** The value of each series of /metrics, by name and labels as they stand there. */
export function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** /metrics, asked for through Apache. */
export async function scrape(apache: Apache): Promise<Map<string, number>> {
  const { status, body } = await curl(`${apache.url}metrics`, []);
  if (status !== 200) throw new Error(`/metrics: ${status} ${body}`);
  return samples(body);
}
