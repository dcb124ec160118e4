/** secef.httpd.conf as it is, with the paths of both distributions, with and without mod_ssl. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { makeCertificates, TLS_SECTION } from '../helpers/certificates.ts';
import { curl } from '../helpers/curl.ts';
import { PATHS, type Distribution } from '../helpers/distributions.ts';
import { alerts } from '../helpers/documents.ts';
import { Gateway } from '../helpers/gateway.ts';
import { Layout } from '../helpers/layout.ts';
import { commandsOf } from '../helpers/readme.ts';

const certificates = await makeCertificates({ after });
const POST = ['--header', 'Content-Type: application/xml', '--data-binary', alerts(['layout'])];

/** README's commands for the distribution, without its package manager. */
const INSTALL: Readonly<Record<Distribution, string>> = {
  debian: commandsOf(TLS_SECTION, 'a2enmod'),
  rhel: commandsOf(TLS_SECTION, 'dnf')
    .replace(/^dnf .*$/m, '')
    .replace('apachectl configtest', ''),
};

for (const distribution of ['debian', 'rhel'] as const) {
  const paths = PATHS[distribution];

  test(`${distribution}: without TLS it needs nothing of mod_ssl`, async (t) => {
    const layout = new Layout(t, distribution);
    assert.match((await layout.configtest()).text, /^Syntax OK$/m);
    await layout.makeSocketFolder();
    const gateway = new Gateway(t, ['--dry-run'], layout.socket);
    await gateway.start();
    const httpd = await layout.start();
    const answer = await curl('http://localhost:3128/', POST, undefined, httpd.inside);
    assert.equal(answer.status, 200, answer.body + httpd.errorLog());
    const [line = ''] = await httpd.requests(1);
    assert.match(line, /^127\.0\.0\.1 "-" .*"POST \/ HTTP\/1\.1" 200 /);
  });

  test(`${distribution}: with TLS and without mod_ssl, configtest says what to do`, async (t) => {
    const layout = new Layout(t, distribution);
    layout.edit(/SSLEngine off/, 'SSLEngine on');
    const { code, text } = await layout.configtest();
    assert.notEqual(code, 0);
    assert.match(text, /TLS is on, but mod_ssl .*dnf install mod_ssl .*a2enmod ssl/);
  });

  test(`${distribution}: with TLS, configtest names the file that is missing`, async (t) => {
    const layout = new Layout(t, distribution);
    await layout.addModSsl();
    await layout.mustRun(INSTALL[distribution], certificates.folder);
    for (const file of [paths.cert, paths.key, paths.ca]) {
      const { code, text } = await layout.configtest(`mv ${file} ${file}.away`);
      await layout.mustRun(`mv ${file}.away ${file}`);
      assert.notEqual(code, 0, file);
      assert.ok(text.includes(`'${file}' does not exist`), text);
    }
    for (const before of [':', `rm ${paths.crl}`])
      assert.match((await layout.configtest(before)).text, /^Syntax OK$/m);
  });
}

test('rhel: with TLS it takes a sensor with a certificate, and no other', async (t) => {
  const layout = new Layout(t, 'rhel');
  await layout.addModSsl();
  await layout.mustRun(INSTALL.rhel, certificates.folder);
  await layout.makeSocketFolder();
  const gateway = new Gateway(t, ['--dry-run'], layout.socket);
  await gateway.start();
  const httpd = await layout.start();
  const ask = (name: string): ReturnType<typeof curl> =>
    curl(
      'https://gateway.example.org:3128/',
      [...POST, ...certificates.options(name), '--resolve', 'gateway.example.org:3128:127.0.0.1'],
      undefined,
      httpd.inside,
    );
  assert.equal((await ask('sensor1')).status, 200);
  await assert.rejects(ask('foreign'), /exit (35|56)/);
  const [line = ''] = await httpd.requests(1);
  assert.match(line, /^127\.0\.0\.1 "CN=sensor1,O=Example" .* 200 /);
});
