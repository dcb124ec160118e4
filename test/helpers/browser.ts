import { chromium, type Browser } from 'playwright-core';
import { onEnd, type Scope } from './cleanup.ts';
import { tool } from './tools.ts';

// Nothing of Google's, no sandbox (the tests are root), and no graphics card.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a real headless Chromium. */
export async function startBrowser(scope: Scope): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: tool('chromium', 'chromium'), args });
  // Playwright itself ends it should this process be interrupted.
  onEnd(
    scope,
    () => browser.close(),
    () => undefined,
  );
  return browser;
}
