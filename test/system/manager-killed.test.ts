/** What a manager has acknowledged and not reported yet dies with it. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readSync } from 'node:fs';
import { after, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { reason } from '../../src/errors.ts';
import { Random } from '../../tools/chaos/random.ts';
import { post } from '../accept/fastcgi.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { Manager } from '../helpers/manager.ts';
import { freePort } from '../helpers/ports.ts';
import { SlowReport } from '../helpers/slow-report.ts';

// With MANAGER_KILLS=200 this is the long form, of about 15 minutes.
const KILLS = Number(process.env['MANAGER_KILLS'] ?? 10);
const seed = Number(process.env['MANAGER_KILLS_SEED'] ?? Math.floor(Math.random() * 1_000_000));
const LONGEST_DELAY_MS = 2_000;
const ARRIVAL_TIMEOUT_MS = 240_000;
/** how long the report stands still if the manager acknowledges nothing meanwhile */
const REPORT_PAUSE_MS = 3_000;
const MIB = 1024 * 1024;
/** bytes of an alert besides its text, in Prelude's format */
const FRAME_OVERHEAD = 280;
const ALERTS_A_REQUEST = 500;
const EVENTS = ['delivered', 'not-delivered', 'sent-again', 'not-watched', 'queue-failed'];

/**
 * A session is acknowledged when it has carried a quarter of the limit, so a round is a little more
 * than that. The manager keeps less than 1 MiB in memory and spools more than that.
 */
const ROUNDS = {
  inMemory: { limit: 3 * MIB, bytes: 850_000, counts: [1, 10, 100, 1000, 1500] },
  spooled: { limit: 16 * MIB, bytes: 4_600_000, counts: [5000] },
} as const;
type Setting = (typeof ROUNDS)[keyof typeof ROUNDS];

const random = new Random(seed);
const manager = new Manager({ after }, 'sys-killed', await freePort());
const report = await SlowReport.of({ after }, manager);
let alertCount = 0;

/** Sends alerts and waits until the manager has acknowledged some. @returns the messageids */
async function sendRound(
  gateway: Gateway,
  { bytes, counts }: Setting,
  deliveries: () => number,
): Promise<string[]> {
  const count = counts[random.between(0, counts.length - 1)] ?? 1;
  const text = 'x'.repeat(Math.max(0, Math.floor(bytes / count) - FRAME_OVERHEAD));
  const ids = Array.from({ length: count }, () => `killed-${seed}-${alertCount++}`);
  gateway.forgetLog();
  const before = deliveries();
  for (let at = 0; at < count; at += ALERTS_A_REQUEST) {
    const answer = await post(gateway.socket, alerts(ids.slice(at, at + ALERTS_A_REQUEST), text));
    assert.equal(answer.status, 200, answer.body);
  }
  const begun = performance.now();
  while (deliveries() === before) {
    // it may still report the spool of the one before, and takes nothing until it has
    if (performance.now() - begun > REPORT_PAUSE_MS) report.go();
    await sleep(1);
  }
  return ids;
}

const PIECE = 1024 * 1024;
const MESSAGEID = /messageid="(killed-\d+-\d+)"/g;
/** characters within which a messageid ends that has begun */
const OVERLAP = 64;

/** The messageids that the manager has written, read a piece at a time: the file becomes large. */
class Arrivals {
  readonly ids = new Set<string>();
  readonly #file = openSync(manager.file, 'r');
  readonly #piece = Buffer.alloc(PIECE);
  #offset = 0;
  #rest = '';

  /** Reads the next piece. @returns whether there was one */
  read(): boolean {
    const size = readSync(this.#file, this.#piece, 0, PIECE, this.#offset);
    this.#offset += size;
    const text = this.#rest + this.#piece.toString('latin1', 0, size);
    for (const [, id = ''] of text.matchAll(MESSAGEID)) this.ids.add(id);
    this.#rest = text.slice(-OVERLAP);
    return size > 0;
  }

  /** Waits until all of these are there. */
  async waitFor(ids: readonly string[]): Promise<void> {
    for (const begun = performance.now(); ids.some((id) => !this.ids.has(id));) {
      // between two pieces the report is read, or the manager would have to wait
      if (!this.read()) await sleep(20);
      else await sleep(0);
      if (performance.now() - begun < ARRIVAL_TIMEOUT_MS) continue;
      const missing = ids.filter((id) => !this.ids.has(id)).length;
      throw new Error(`${missing} of ${ids.length} messages have not arrived`);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

function events(gateway: Gateway): string {
  const lines = gateway
    .log()
    .filter(({ event }) => typeof event === 'string' && EVENTS.includes(event));
  return lines.map((line) => JSON.stringify(line)).join('\n');
}

async function killAgainAndAgain(t: TestContext, setting: Setting, kills: number): Promise<void> {
  report.go();
  await manager.start();
  const sending = ['--profile', manager.profile, '--manager', manager.address];
  const gateway = new Gateway(t, [...sending, '--queue-limit', `${setting.limit}`]);
  await gateway.start();
  const arrivals = new Arrivals();
  t.after(() => {
    arrivals.close();
  });
  let deliveries = 0;
  gateway.onEvent('delivered', () => deliveries++);
  for (let kill = 1; kill <= kills; kill++) {
    // the manager's database stands still in half of the rounds
    if (random.chance(0.5)) report.stop();
    const ids = await sendRound(gateway, setting, () => deliveries);
    await sleep(random.between(0, LONGEST_DELAY_MS));
    await manager.kill();
    report.go();
    await manager.start();
    try {
      await arrivals.waitFor(ids);
      t.diagnostic(`kill ${kill}: ${ids.length} alerts acknowledged, none lost`);
    } catch (error) {
      throw new Error(`seed ${seed}, kill ${kill}: ${reason(error)}\n${events(gateway)}`, {
        cause: error,
      });
    }
  }
}

const inMemory = Math.ceil(KILLS * 0.8);

test(`${inMemory} managers killed with acknowledged alerts in their memory lose none`, (t) =>
  killAgainAndAgain(t, ROUNDS.inMemory, inMemory));

test(`${KILLS - inMemory} managers killed with 5,000 acknowledged alerts lose none`, (t) =>
  killAgainAndAgain(t, ROUNDS.spooled, KILLS - inMemory));
