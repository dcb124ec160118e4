/** Frames: header, priority, limit; and the gateway's own messages as Prelude reads them. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GatewayError } from '../../src/errors.ts';
import { ALERT } from '../../src/idmef/classes.ts';
import { Idmef, Time } from '../../src/idmef/message.ts';
import { encodeAnalyzer } from '../../src/prelude/analyzer.ts';
import { FrameWriter, HEADER_SIZE, PAYLOAD_LIMIT } from '../../src/prelude/frame.ts';
import { heartbeat } from '../../src/prelude/heartbeat.ts';
import { splitFrames } from '../idmef/payload.ts';
import { take } from '../idmef/reading.ts';
import { mustRun } from '../helpers/run.ts';
import { tempFolder } from '../helpers/temp.ts';
import { tool } from '../helpers/tools.ts';

const TIME = '<CreateTime>2020-04-30T08:56:06Z</CreateTime>';

function framesOf(...messages: string[]): Buffer[] {
  const document = `<IDMEF-Message>${messages.join('')}</IDMEF-Message>`;
  return splitFrames(take({ pieces: [Buffer.from(document)] }).frames);
}

test('a message is one frame with version 1, tag 0, no fragment, its length, and no time', () => {
  const [frame] = framesOf(`<Heartbeat>${TIME}</Heartbeat>`);
  assert.ok(frame);
  const header = Buffer.alloc(HEADER_SIZE);
  header.set([1, 0, 3, 0]);
  header.writeUInt32BE(frame.length - HEADER_SIZE, 4);
  assert.deepEqual(frame.subarray(0, HEADER_SIZE), header);
});

const PRIORITIES: readonly [what: string, message: string, priority: number][] = [
  ['a Heartbeat', `<Heartbeat>${TIME}</Heartbeat>`, 3],
  ['an Alert', `<Alert>${TIME}</Alert>`, 0],
  ...(
    [
      ['', 0],
      [' severity="info"', 1],
      [' severity="low"', 1],
      [' severity="medium"', 2],
      [' severity="high"', 3],
    ] as const
  ).map(([severity, priority]): [string, string, number] => [
    `an Alert with an Impact${severity}`,
    `<Alert>${TIME}<Assessment><Impact${severity}/></Assessment></Alert>`,
    priority,
  ]),
];

for (const [what, message, priority] of PRIORITIES)
  test(`${what} has priority ${priority}`, () => {
    assert.equal(framesOf(message)[0]?.[2], priority);
  });

test('messages follow one another in the order of the document', () => {
  const frames = framesOf(
    `<Alert messageid="first">${TIME}</Alert>`,
    `<Heartbeat messageid="second">${TIME}</Heartbeat>`,
  );
  assert.deepEqual(
    frames.map((frame) => /first|second/.exec(frame.toString('latin1'))?.[0]),
    ['first', 'second'],
  );
});

test('a message that libprelude could not read is too large', () => {
  const body = new Idmef(ALERT);
  for (const field of ALERT.fields) {
    if (field.name === 'messageid') body.put(field, 'x'.repeat(PAYLOAD_LIMIT));
    if (field.name === 'create_time') body.put(field, new Time(0, 0, 0));
  }
  assert.throws(
    () => {
      new FrameWriter(new Uint8Array()).write({ version: '', body });
    },
    (error) => error instanceof GatewayError && error.code === 'too-large',
  );
});

const identity = { profile: 'secef', analyzerid: '1234567890', version: '1.2.3' };

test("prelude-admin reads the gateway's heartbeats", async () => {
  const writer = new FrameWriter(encodeAnalyzer(identity));
  for (const status of ['starting', 'running', 'exiting'] as const)
    writer.write(heartbeat(status, 600));
  assert.equal(writer.count, 3);
  const file = join(tempFolder({ after }), 'heartbeats.bin');
  writeFileSync(file, writer.finish());
  const printed = await mustRun(tool('prelude-admin', 'prelude-utils'), ['print', file]);
  assert.equal(printed.match(/^heartbeat:/gm)?.length, 3);
  assert.match(printed, /analyzerid: 1234567890/);
  assert.match(printed, /heartbeat_interval: 600/);
  assert.deepEqual(
    [...printed.matchAll(/data: (\w+)/g)].map(([, status]) => status),
    ['starting', 'running', 'exiting'],
  );
});
