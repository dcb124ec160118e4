/** The pictures of the status page in the README, see scripts/screenshots. */
import { join } from 'node:path';
import { renderStatus } from '../../src/monitor/status.ts';
import { startBrowser } from '../helpers/browser.ts';
import { STATES, viewOf } from './hours.ts';

const [folder = '', width = '', scheme = ''] = process.argv.slice(2);
// it is closed below
const browser = await startBrowser({ after: () => undefined });
const page = await browser.newPage({
  viewport: { width: Number(width), height: 200 },
  colorScheme: scheme === 'dark' ? 'dark' : 'light',
});
for (const state of STATES) {
  await page.setContent(renderStatus(viewOf(state)));
  await page.screenshot({ path: join(folder, `${state}.png`), fullPage: true });
}
await browser.close();
