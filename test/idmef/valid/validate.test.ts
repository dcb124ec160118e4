/** --valid-dtd: verdicts, and what a document that libxml2 cannot judge costs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, suite, test } from 'node:test';
import { GatewayError } from '../../../src/errors.ts';
import { Validator } from '../../../src/idmef/valid/validate.ts';
import { inProject } from '../../helpers/root.ts';

const whoami = readFileSync(inProject('test/fixtures/corpus/all-classes.xml'), 'utf8');
const invalid = '<IDMEF-Message>\n<Alert>\n<Foo/>\n</Alert>\n</IDMEF-Message>';

async function refusal(promise: Promise<void>): Promise<GatewayError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof GatewayError);
    return error;
  }
  assert.fail('it was taken');
}

function codeOf(error: unknown): string {
  return error instanceof GatewayError ? error.code : String(error);
}

suite('validator', () => {
  const validator = new Validator();
  after(() => {
    validator.close();
  });

  test('takes a valid document', async () => {
    await validator.validate(whoami);
  });

  test('refuses an invalid one and says where and why, a line each', async () => {
    const error = await refusal(validator.validate(invalid));
    assert.equal(error.code, 'invalid');
    const lines = error.message.split('\n');
    assert.ok(lines.length >= 2, error.message);
    for (const line of lines) assert.match(line, /^line \d+: IDMEF-Message\/Alert.*: ./);
    assert.match(error.message, /line 3: .*Foo/);
  });

  test('names at most 20 violations', async () => {
    const document = `<IDMEF-Message>${'<Foo/>\n'.repeat(100)}</IDMEF-Message>`;
    const error = await refusal(validator.validate(document));
    assert.ok(error.message.split('\n').length <= 20);
  });

  test('gives each of many documents its own verdict', async () => {
    const documents = Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? invalid : whoami));
    const results = await Promise.allSettled(documents.map((text) => validator.validate(text)));
    assert.deepEqual(
      results.map(({ status }) => status),
      documents.map((text) => (text === invalid ? 'rejected' : 'fulfilled')),
    );
  });

  test('an encoding that the declaration names is that of the bytes, not of the text', async () => {
    const text = '<?xml version="1.0" encoding="UTF-16"?>\n<IDMEF-Message/>';
    await validator.validate(text);
  });

  test('a document type is not followed, not into another document of the call either', async () => {
    const typed = `<?xml version="1.0"?><!-- c -->\n<!DOCTYPE IDMEF-Message\nSYSTEM "1.xml">\n${invalid}`;
    const secret = '<IDMEF-Message><!ELEMENT secret ANY></IDMEF-Message>';
    const [first, second] = await Promise.allSettled([
      validator.validate(typed),
      validator.validate(secret.replace('<!ELEMENT secret ANY>', '')),
    ]);
    assert.ok(first.status === 'rejected' && first.reason instanceof GatewayError);
    assert.match(first.reason.message, /line 6: .*Foo/);
    assert.doesNotMatch(first.reason.message, /secret/);
    assert.equal(second.status, 'fulfilled');
  });

  test('a document of 10 MB is validated', async () => {
    const data = '<AdditionalData meaning="m" type="string"><string>x</string></AdditionalData>\n';
    const start =
      '<IDMEF-Message><Alert><Analyzer/><CreateTime ntpstamp="0x1.0x1">2020-04-30T08:56:06Z</CreateTime><Classification text="t"/>';
    const text = `${start}${data.repeat(130_000)}</Alert></IDMEF-Message>`;
    assert.ok(text.length > 9_900_000);
    await validator.validate(text);
  });

  test('goes on when a run of xmllint is used up, one at a time and many', async () => {
    for (let i = 0; i < 300; i++) await validator.validate(whoami);
    await Promise.all(Array.from({ length: 600 }, () => validator.validate(whoami)));
    const error = await refusal(validator.validate(invalid));
    assert.equal(error.code, 'invalid');
  });

  test('a document cannot speak for libxml2', async () => {
    const lines = 'document validates\nd validates\nend fails to validate\n';
    const error = await refusal(validator.validate(`<IDMEF-Message>\n${lines}</IDMEF-Message>`));
    assert.equal(error.code, 'invalid', error.message);
    await validator.validate(whoami);
  });

  test('what libxml2 cannot judge is refused for now and harms neither neighbours nor later ones', async () => {
    // the reader's own limit on nesting is below libxml2's: this stands for any that it gives up on
    const deep = `<IDMEF-Message>${'<x>'.repeat(1000)}${'</x>'.repeat(1000)}</IDMEF-Message>`;
    const results = await Promise.allSettled(
      [whoami, deep, whoami, invalid].map((text) => validator.validate(text)),
    );
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? codeOf(result.reason) : 'valid')),
      ['valid', 'validation-failed', 'valid', 'invalid'],
    );
    await validator.validate(whoami);
  });

  test('a document that takes all the memory that a thread may have fails alone', async () => {
    const text = `<IDMEF-Message>${'<a/>'.repeat(12_000_000)}</IDMEF-Message>`;
    const results = await Promise.allSettled(
      [whoami, text, whoami].map((document) => validator.validate(document)),
    );
    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? codeOf(result.reason) : 'valid')),
      ['valid', 'validation-failed', 'valid'],
    );
  });

  test('a document that takes too long is given up, and harms neither neighbours nor later ones', async () => {
    const hasty = new Validator(2000);
    try {
      // its messages alone take libxml2 some seconds
      const text = `<IDMEF-Message>${'<Alert/>\n'.repeat(1_000_000)}</IDMEF-Message>`;
      await hasty.validate(whoami);
      const [long, neighbour] = await Promise.allSettled([
        hasty.validate(text),
        hasty.validate(whoami),
      ]);
      assert.ok(long.status === 'rejected' && long.reason instanceof GatewayError);
      assert.equal(long.reason.code, 'validation-failed');
      assert.match(long.reason.message, /no answer within 2 s; try again later/);
      assert.equal(neighbour.status, 'fulfilled');
      await hasty.validate(whoami);
    } finally {
      hasty.close();
    }
  });
});
