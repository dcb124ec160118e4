/** The judges and the proxy of tools/chaos: each has to notice, or to do, what a run relies on. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, connect, type Socket } from 'node:net';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Alerts, documentOf } from '../../tools/chaos/alert.ts';
import { Link } from '../../tools/chaos/link.ts';
import { Random } from '../../tools/chaos/random.ts';
import { TlsRecords } from '../../tools/chaos/tls-records.ts';
import type { Scope } from '../helpers/cleanup.ts';
import { until } from '../helpers/until.ts';

suite('the content of alerts', () => {
  const random = new Random(7);
  const alerts = new Alerts(7);
  const around = (xml: string): string =>
    documentOf([{ id: '', xml }])
      .replace('<Analyzer ', '<Analyzer name="manager"><Analyzer name="gateway"><Analyzer ')
      .replace('</Analyzer>', '</Analyzer></Analyzer></Analyzer>');

  test('an alert is intact with the two outer Analyzers and with ntpstamps', () => {
    for (let count = 0; count < 50; count++) {
      const { id, xml } = alerts.next(random, 40);
      const received = around(xml).replaceAll('<CreateTime>', '<CreateTime ntpstamp="0x1.0x2">');
      assert.ok(alerts.isIntact(id, received), received);
    }
  });

  test('any other character in a name, an attribute or a text is noticed', () => {
    const { id, xml } = alerts.next(random, 40);
    let altered = 0;
    for (const { index } of xml.matchAll(/(?<=[\w "=>])[a-z0-9](?=[\w "<])/g)) {
      const other = xml[index] === '7' ? '8' : '7';
      const received = around(xml.slice(0, index) + other + xml.slice(index + 1));
      assert.ok(!alerts.isIntact(id, received), received);
      altered++;
    }
    assert.ok(altered > 200, `${altered}`);
  });

  test('a missing, a doubled and a foreign element are noticed, and a cut document', () => {
    const { id, xml } = alerts.next(random, 40);
    const time = /<CreateTime>.*?<\/CreateTime>/.exec(xml)?.[0] ?? '';
    assert.notEqual(time, '');
    for (const received of [
      around(xml.replace(time, '')),
      around(xml.replace(time, time + time)),
      around(xml.replace(time, `${time}<Source/>`)),
      around(xml).slice(0, -30),
      around(alerts.next(random, 40).xml),
    ])
      assert.ok(!alerts.isIntact(id, received), received);
  });
});

test('an offset in the middle of a TLS record is found, however the stream is cut', () => {
  const record = (type: number, size: number): Buffer => {
    const bytes = Buffer.alloc(5 + size, 0xff);
    bytes.set([type, 3, 3, size >> 8, size & 0xff]);
    return bytes;
  };
  const stream = Buffer.concat([record(22, 300), record(23, 1000)]);
  assert.equal(new TlsRecords().take(stream), 305 + 5 + 500);
  const inPieces = new TlsRecords();
  const found = [];
  for (let at = 0; at < stream.length; at += 1)
    found.push(inPieces.take(stream.subarray(at, at + 1)));
  assert.ok(
    found.every((offset) => offset === undefined),
    'a piece has no middle',
  );
  const inTwo = new TlsRecords();
  assert.equal(inTwo.take(stream.subarray(0, 303)), undefined);
  assert.equal(inTwo.take(stream.subarray(303)), 305 + 5 + 500 - 303);
});

/** Long enough for bytes that would come to come. */
const QUIET_MS = 50;

async function eventually(condition: () => boolean, ends: Ends): Promise<void> {
  const explain = (): string => `"${ends.text()}", ${ends.events.join()}`;
  await until(condition, 5000, explain);
}

/** Both ends of a connection through a proxy, and what each has got. */
interface Ends {
  link: Link;
  gateway: Socket;
  manager: Socket;
  /** what the manager's end has got so far */
  text: () => string;
  /** which ends have got a FIN or an error so far, such as "gateway end" */
  events: string[];
}

async function connectEnds(scope: Scope): Promise<Ends> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address !== 'string');
  const link = await Link.listen(scope, address.port);
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const port = Number(link.address.split(':')[1]);
  const gateway = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const manager = await accepted;
  scope.after(async () => {
    gateway.destroy();
    manager.destroy();
    server.close();
    await once(server, 'close');
  });
  const events: string[] = [];
  let text = '';
  manager.on('data', (data) => (text += data.toString()));
  gateway.on('data', () => undefined);
  for (const [name, end] of Object.entries({ gateway, manager })) {
    end.on('end', () => events.push(`${name} end`));
    end.on('error', () => events.push(`${name} error`));
  }
  const ends = { link, gateway, manager, text: () => text, events };
  gateway.write('before ');
  await eventually(() => text === 'before ', ends);
  return ends;
}

suite('the proxy', () => {
  test('swallows a tail: it is acknowledged, and the manager never gets it', async (t) => {
    const ends = await connectEnds(t);
    const swallowed = ends.link.swallowTail(500, true);
    ends.gateway.write('after');
    await eventually(() => ends.events.join() === 'gateway end', ends);
    assert.equal(ends.gateway.writableLength, 0);
    assert.equal(await swallowed, true);
    await eventually(() => ends.events.some((event) => event.startsWith('manager')), ends);
    assert.equal(ends.text(), 'before ');
  });

  test('half-closes one end, and the other direction works', async (t) => {
    const ends = await connectEnds(t);
    const closed = ends.link.halfClose('manager', 1000);
    let answer = '';
    ends.gateway.on('data', (data) => (answer += data.toString()));
    ends.manager.write('answer');
    await eventually(() => answer === 'answer' && ends.events.join() === 'manager end', ends);
    await closed;
    await eventually(() => ends.events.includes('gateway error'), ends);
  });

  test('resets both ends', async (t) => {
    const ends = await connectEnds(t);
    assert.equal(ends.link.reset(), true);
    await eventually(() => ends.events.length === 2, ends);
    assert.deepEqual(ends.events.toSorted(), ['gateway error', 'manager error']);
    assert.equal(ends.link.reset(), false);
  });

  test('stalls, is slow, and goes on', async (t) => {
    const ends = await connectEnds(t);
    const stalled = ends.link.stall(3 * QUIET_MS);
    ends.gateway.write('stalled ');
    await sleep(QUIET_MS);
    assert.equal(ends.text(), 'before ');
    await stalled;
    await eventually(() => ends.text() === 'before stalled ', ends);
    const slow = ends.link.delay(8 * QUIET_MS, 4 * QUIET_MS);
    ends.gateway.write('slow');
    await sleep(QUIET_MS);
    assert.equal(ends.text(), 'before stalled ');
    await slow;
    await eventually(() => ends.text() === 'before stalled slow', ends);
  });

  test('a black hole passes nothing on, and ends with a reset', async (t) => {
    const ends = await connectEnds(t);
    const hole = ends.link.blackHole(2 * QUIET_MS);
    ends.gateway.write('lost');
    ends.manager.write('lost');
    await sleep(QUIET_MS);
    assert.deepEqual(ends.events, []);
    await hole;
    await eventually(() => ends.events.length === 2, ends);
    assert.equal(ends.text(), 'before ');
  });

  test('cuts after N bytes', async (t) => {
    const ends = await connectEnds(t);
    const cut = ends.link.cutEvery(10, 10 * QUIET_MS);
    ends.gateway.write('12345');
    await eventually(() => ends.text() === 'before 12345', ends);
    ends.gateway.write('67890');
    await eventually(() => ends.events.length === 2, ends);
    assert.equal(ends.text(), 'before 12345');
    await cut;
  });
});
