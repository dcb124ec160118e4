/** The gateway's own Analyzer and heartbeats. */
import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { plain } from '../../src/idmef/message.ts';
import { ownAnalyzer } from '../../src/prelude/analyzer.ts';
import { heartbeat } from '../../src/prelude/heartbeat.ts';

test('the Analyzer says what the gateway is and where it runs', () => {
  const analyzer = plain(ownAnalyzer({ profile: 'secef', analyzerid: '12', version: '1.2.3' }));
  assert.equal(analyzer['analyzerid'], '12');
  assert.equal(analyzer['name'], 'secef');
  assert.equal(analyzer['model'], 'Prelude Web Gateway');
  assert.equal(analyzer['class'], 'Web Gateway');
  assert.equal(analyzer['version'], '1.2.3');
  assert.equal(analyzer['ostype'], 'Linux');
  assert.deepEqual(analyzer['node'], { name: hostname() });
});

test('a heartbeat has its status, its interval and an id of its own', () => {
  const first = plain(heartbeat('starting', 600).body);
  assert.equal(first['heartbeat_interval'], 600);
  assert.deepEqual(first['additional_data'], [
    { meaning: 'Analyzer status', type: 'string', data: 'starting' },
  ]);
  const second = plain(heartbeat('exiting', 600).body);
  assert.notEqual(first['messageid'], second['messageid']);
});
