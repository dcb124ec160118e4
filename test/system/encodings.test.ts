/** Encodings and content encodings by curl, through Apache, to a manager. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { deflateSync, gzipSync } from 'node:zlib';
import { curl } from '../helpers/curl.ts';
import { alerts } from '../helpers/documents.ts';
import { startWay } from '../helpers/setup.ts';
import { tempFolder } from '../helpers/temp.ts';

const scope = { after };
const { apache, manager } = await startWay(scope, 'sys-encodings');
const folder = tempFolder(scope);

/** what every document of these tests says */
const TEXT = 'Zugriff verweigert für Müller';
/** as xmlmod prints it */
const PRINTED = 'Zugriff verweigert f&#xFC;r M&#xFC;ller';
const document = (name: string, declaration = ''): string => declaration + alerts([name], TEXT);

async function arrives(
  name: string,
  body: Buffer,
  headers: readonly string[] = [],
  contentType = 'application/xml',
): Promise<void> {
  const file = join(folder, name);
  writeFileSync(file, body);
  const answer = await curl(apache.url, [
    ...[`Content-Type: ${contentType}`, ...headers].flatMap((header) => ['--header', header]),
    '--data-binary',
    `@${file}`,
  ]);
  assert.equal(answer.status, 200, answer.body);
  await manager.waitForIds([name], 10_000);
  const [received] = manager.received().filter(({ messageid }) => messageid === name);
  assert.ok(received?.xml.includes(PRINTED), received?.xml);
}

test('UTF-16 with a byte order mark is delivered', () =>
  arrives('utf16', Buffer.from(`\ufeff${document('utf16')}`, 'utf16le')));

test('Latin-1 by declaration is delivered', () =>
  arrives(
    'latin1',
    Buffer.from(document('latin1', '<?xml version="1.0" encoding="ISO-8859-1"?>'), 'latin1'),
  ));

test('Latin-1 by the charset of the content type is delivered', () =>
  arrives(
    'charset',
    Buffer.from(document('charset'), 'latin1'),
    [],
    'text/xml; charset=iso-8859-1',
  ));

test('gzip is delivered', () =>
  arrives('gzip', gzipSync(document('gzip')), ['Content-Encoding: gzip']));

test('deflate is delivered', () =>
  arrives('deflate', deflateSync(document('deflate')), ['Content-Encoding: deflate']));

test('chunked is delivered', () =>
  arrives('chunked', Buffer.from(document('chunked')), ['Transfer-Encoding: chunked']));

test('gzip in chunks is delivered', () =>
  arrives('gzip-chunked', gzipSync(document('gzip-chunked')), [
    'Content-Encoding: gzip',
    'Transfer-Encoding: chunked',
  ]));
