import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, suite, test } from 'node:test';
import { GatewayError } from '../../src/errors.ts';
import { findProgram, readProfile } from '../../src/prelude/profile.ts';

let profiles = '';

async function profile(
  config: string,
  files: readonly string[] = ['analyzerid', 'key'],
): Promise<void> {
  const directory = join(profiles, 'secef');
  await mkdir(directory);
  for (const file of files) await writeFile(join(directory, file), '1234567890\n');
  await writeFile(join(directory, 'config'), config);
}

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    assert.equal(error.code, 'configuration');
    return error.message;
  }
  assert.fail('it was taken');
}

suite('profile', () => {
  beforeEach(async () => {
    profiles = await mkdtemp(join(tmpdir(), 'secef-profile-'));
  });

  afterEach(async () => {
    await rm(profiles, { recursive: true });
  });

  test('has the analyzerid, and the address of the files that its configuration includes', async () => {
    const shared = join(profiles, 'client.conf');
    await writeFile(shared, '# a comment\n[prelude]\nserver-addr = a:4690 || b\n');
    await profile(`include = ${shared}\n`);
    assert.deepEqual(readProfile('secef', undefined, profiles), {
      name: 'secef',
      directory: join(profiles, 'secef'),
      analyzerid: '1234567890',
      address: 'a:4690 || b',
    });
  });

  test("the profile's own address counts before an included one, and --manager before both", async () => {
    const shared = join(profiles, 'client.conf');
    await writeFile(shared, 'server-addr = shared\n');
    await profile(`include = ${shared}\nserver-addr = "own"\n`);
    assert.equal(readProfile('secef', undefined, profiles).address, 'own');
    assert.equal(readProfile('secef', 'given', profiles).address, 'given');
  });

  test('without an address it is this host', async () => {
    await profile('#server-addr = x\n');
    assert.equal(readProfile('secef', undefined, profiles).address, '127.0.0.1');
  });

  test('a configuration that includes itself ends', async () => {
    await profile(`include = ${join(profiles, 'secef', 'config')}\nserver-addr = a\n`);
    assert.equal(readProfile('secef', undefined, profiles).address, 'a');
  });

  test('that is missing is refused with the line that registers it', () => {
    const message = refusal(() => readProfile('secef', undefined, profiles));
    assert.match(
      message,
      /the profile secef does not exist in .*prelude-admin register secef "idmef:w"/,
    );
  });

  test('that has no key is refused', async () => {
    await profile('', ['analyzerid']);
    assert.match(
      refusal(() => readProfile('secef', undefined, profiles)),
      /cannot be read: ENOENT.*key/,
    );
  });
});

test('finds a program on PATH, and says which package has prelude-admin', () => {
  assert.match(findProgram('sh'), /\/sh$/);
  assert.match(
    refusal(() => findProgram('no-such-admin')),
    /install prelude-utils \(Debian\)/,
  );
});
