/** The status page in a real Chromium, through a real Apache. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { startApache, type Apache } from '../helpers/apache.ts';
import { startBrowser } from '../helpers/browser.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { postText } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { startManager, type Manager } from '../helpers/manager.ts';
import { until } from '../helpers/until.ts';

const PHONE = { width: 375, height: 667 };
const DESKTOP = { width: 1280, height: 800 };

const browser: Browser = await startBrowser({ after });
const manager: Manager = await startManager({ after }, 'sys-status');

interface Site {
  gateway: Gateway;
  apache: Apache;
  page: Page;
  /** what went wrong in the browser, and what it asked of others */
  problems: string[];
}

async function open(scope: Scope, url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  scope.after(() => context.close());
  return context.newPage().then(async (page) => {
    await page.goto(url);
    return page;
  });
}

async function startSite(scope: Scope): Promise<Site> {
  const sending = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new Gateway(scope, [...sending, '--queue-limit', '256K']);
  await gateway.start();
  const apache = await startApache(scope, gateway.socket);
  const problems: string[] = [];
  const page = await open(scope, 'about:blank');
  page.on('console', (message) => problems.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(apache.url) && !url.startsWith('data:')) problems.push(`asked ${url}`);
  });
  await page.goto(`${apache.url}status`);
  return { gateway, apache, page, problems };
}

/** What axe-core complains about, on a desktop and on a phone with the dark scheme. */
async function complaints(page: Page): Promise<string[]> {
  const found: string[] = [];
  await page.getByText('The same as a table').click();
  for (const [viewport, colorScheme] of [
    [DESKTOP, 'light'],
    [PHONE, 'dark'],
  ] as const) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > viewport.width) found.push(`${width} wide in ${viewport.width}`);
    await page.evaluate(axe.source);
    const violations = await page.evaluate<string[]>(
      `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`,
    );
    found.push(...violations.map((text) => `${colorScheme} ${viewport.width}: ${text}`));
  }
  return found;
}

async function verdict(page: Page): Promise<string> {
  return page.getByRole('status').innerText();
}

async function text(page: Page, name: string): Promise<string> {
  return page.getByRole('region', { name, exact: true }).innerText();
}

/** Reloads until the page shows something. */
async function reloadUntil(site: Site, shows: () => Promise<boolean>): Promise<void> {
  await until(
    async () => {
      await site.page.reload();
      return shows();
    },
    90_000,
    () => site.gateway.describe(),
  );
}

async function assertFlawless({ page, problems }: Site): Promise<void> {
  assert.deepEqual(problems, []);
  assert.deepEqual(await complaints(page), []);
  assert.deepEqual(problems, []);
}

test('well: says that alerts get through, and how many', async (t) => {
  await manager.start();
  const site = await startSite(t);
  const { page, apache, gateway } = site;
  assert.equal((await postText(apache.url, alerts(['w1', 'w2', 'w3']))).status, 200);
  await reloadUntil(site, async () => (await text(page, 'Manager')).includes('connected'));
  assert.match(await verdict(page), /^Alerts get through/);
  assert.match(await page.title(), /^Alerts get through – secef on /);
  assert.match(await page.locator('#key').innerText(), /^messages accepted in the last hour\s+3\s/);
  assert.match(
    (await page.getByRole('img', { name: /^Messages per minute/ }).getAttribute('aria-label')) ??
      '',
    /: 3 accepted, /,
  );
  assert.match(await text(page, 'Manager'), new RegExp(manager.address));
  assert.match(await text(page, 'Last refused requests'), /None since the gateway was started/);
  assert.match(await page.locator('footer').innerText(), /^secef \d+\.\d+\.\d+, Node\.js v?20/);
  await assertFlawless(site);
  const table = await page.getByRole('table').innerText();
  assert.match(table, /^minute \(UTC\)\s+accepted\s+delivered\s+awaited/m);
  assert.match(table, /^\d\d:\d\d\s+3\s/m);

  // refreshes by itself, and does not close what the reader has opened
  assert.equal((await postText(apache.url, alerts(['w4']))).status, 200);
  const accepted = page.locator('#key dd').first();
  await accepted.filter({ hasText: /^4$/ }).waitFor({ timeout: 30_000 });
  assert.deepEqual(site.problems, []);
  assert.equal(await page.getByRole('table').isVisible(), true);
  // what is old is said to be old
  await gateway.stop();
  await page.getByRole('alert').getByText('does not answer').waitFor({ timeout: 60_000 });
});

test('manager down: says so, why, and that nothing is lost', async (t) => {
  await manager.stop();
  const site = await startSite(t);
  const { page, apache } = site;
  assert.equal((await postText(apache.url, alerts(['d1', 'd2']))).status, 200);
  await reloadUntil(site, async () => (await verdict(page)).includes('not delivered'));
  assert.match(await verdict(page), /^Alerts are not delivered[^]*wait safely[^]*refused/);
  assert.match(await text(page, 'Manager'), /cannot be reached[^]*last error/);
  // with the gateway's own heartbeat
  assert.match(await text(page, 'Queue'), /3 messages/);
  await assertFlawless(site);
});

test('queue nearly full, then full: says so before and when it happens', async (t) => {
  await manager.stop();
  const site = await startSite(t);
  const { page, apache } = site;
  const some = alerts(
    Array.from({ length: 30 }, (_, index) => `q${index}`),
    'x'.repeat(500),
  );
  await reloadUntil(site, async () => {
    assert.equal((await postText(apache.url, some)).status, 200);
    await page.reload();
    return (await verdict(page)).includes('nearly full');
  });
  assert.match(await text(page, 'Queue'), /\b[89]\d % full/);
  await assertFlawless(site);
  // to the last alert that fits: a large request is refused earlier, which does not make the queue full
  for (const document of [some, alerts(['last'], 'x'.repeat(500))])
    while ((await postText(apache.url, document)).status === 200);
  await page.reload();
  assert.match(await verdict(page), /Alerts are refused/);
});

test('refusals: tells whose and why, and nothing of the document', async (t) => {
  await manager.start();
  const site = await startSite(t);
  const { page, apache } = site;
  const secret = '<script>alert("s3cret")</script>';
  const bad = alerts(['s3cret']).replace(
    '</Alert>',
    '<Assessment><Impact severity="s3cret"/></Assessment></Alert>',
  );
  for (const document of [bad, `<x>${secret}`, alerts(['a']).replace('Analyzer', 's3cret')])
    assert.equal((await postText(apache.url, document)).status, 400);
  const other = await postText(apache.url, secret, { contentType: 's3cret/x' });
  assert.equal(other.status, 415);
  await page.reload();
  assert.match(await verdict(page), /^Some requests were refused/);
  const items = await page
    .getByRole('region', { name: 'Last refused' })
    .getByRole('listitem')
    .all();
  assert.equal(items.length, 4);
  const list = await text(page, 'Last refused requests');
  assert.match(list, /127\.0\.0\.1/);
  assert.match(
    list,
    /a value that Prelude cannot hold \(400 bad-value\)\s+line 2, column \d+, alert\./,
  );
  assert.match(list, /content type or encoding is not supported \(415 unsupported-media-type\)/);
  assert.equal((await page.content()).includes('s3cret'), false);
  await assertFlawless(site);
});

test('without JavaScript the figures are there as well', async (t) => {
  const gateway = new Gateway(t, ['--dry-run']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  assert.equal((await postText(apache.url, alerts(['n1', 'n2']))).status, 200);
  const page = await open(t, `${apache.url}status`, { javaScriptEnabled: false });
  assert.match(await verdict(page), /^Dry run/);
  assert.match(await page.locator('#key').innerText(), /^messages accepted in the last hour\s+2\s/);
  assert.match(await page.locator('header').innerText(), /reload for newer figures/);
});

test('the keyboard reaches all there is to do, and is seen', async (t) => {
  const gateway = new Gateway(t, ['--dry-run']);
  await gateway.start();
  const apache = await startApache(t, gateway.socket);
  const page = await open(t, `${apache.url}status`);
  const reached: string[] = [];
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press('Tab');
    reached.push(
      await page.evaluate<string>(
        `document.activeElement.textContent + ' ' + getComputedStyle(document.activeElement).outlineStyle`,
      ),
    );
  }
  assert.deepEqual(
    reached,
    ['The same as a table', 'metrics', 'ready', 'health'].map((name) => `${name} solid`),
  );
  await page.keyboard.press('Shift+Tab');
  await page.getByText('The same as a table').focus();
  await page.keyboard.press('Enter');
  assert.equal(await page.getByRole('table').isVisible(), true);
});
