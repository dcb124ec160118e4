/** The class table against the description of libprelude's format. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { preludeName } from '../../src/idmef/class-table.ts';
import { IDMEF_CLASSES, type Field } from '../../src/idmef/classes.ts';
import { isRecord } from '../helpers/narrow.ts';
import { inProject } from '../helpers/root.ts';

function record(value: unknown): Record<string, unknown> {
  assert.ok(isRecord(value));
  return value;
}

const format = record(JSON.parse(readFileSync(inProject('test/oracle/format.json'), 'utf8')));
const described = record(format['classes']);
const enumerations = record(format['enums']);

function presence(field: Field): string {
  if (field.always) return 'always';
  return field.kind === 'value' && field.type === 'string' ? 'if not empty' : 'if set';
}

/** A field of ours in the words of format.json. */
function describeField(field: Field): Record<string, unknown> {
  return {
    name: field.name,
    ...(field.kind === 'value' && { tag: field.tag }),
    type: field.kind === 'value' ? field.type : 'class',
    ...(field.kind === 'value' && field.enumeration && { enum: field.enumeration.name }),
    ...(field.kind === 'class' && { class: preludeName(field.class.xml) }),
    presence: presence(field),
    ...(field.list && { list: true }),
  };
}

test('there is every class, and no other', () => {
  const ours = [...IDMEF_CLASSES.keys()].map(preludeName).sort();
  // the message itself has no tag: it is the frame's payload
  const theirs = Object.keys(described).filter((name) => name !== 'message');
  assert.deepEqual(ours, theirs.sort());
});

for (const [xml, idmefClass] of IDMEF_CLASSES) {
  test(`${xml} has libprelude's tag and fields, in the order in which they are written`, () => {
    const theirs = record(described[preludeName(xml)]);
    assert.equal(idmefClass.tag, theirs['tag']);
    assert.deepEqual(idmefClass.fields.map(describeField), theirs['fields']);
  });

  test(`${xml}: each field knows its place and is reached by its XML name`, () => {
    idmefClass.fields.forEach((field, index) => {
      assert.equal(field.index, index);
      if (field.kind === 'value' && field.at === 'attribute')
        assert.equal(idmefClass.attributes.get(field.xml), field);
      else if (field.kind === 'value' && field.at === 'text') assert.equal(idmefClass.text, field);
      else assert.ok(idmefClass.children.has(field.xml), field.xml);
    });
  });
}

test('every enumeration has the texts and numbers of libprelude', () => {
  const ours: Record<string, Record<string, number>> = {};
  for (const { fields } of IDMEF_CLASSES.values())
    for (const field of fields) {
      if (field.kind !== 'value' || field.enumeration === undefined) continue;
      const { name, texts, numbers } = field.enumeration;
      ours[name] = Object.fromEntries(
        texts.map((text) => [text, numbers.get(text.toLowerCase()) ?? NaN]),
      );
    }
  assert.deepEqual(ours, enumerations);
  console.log(
    `classes ${IDMEF_CLASSES.size}, enumerations ${Object.keys(ours).length}, different 0`,
  );
});

test('names become those of libprelude', () => {
  const names = ['vlan-num', 'SNMPService', 'contextEngineID', 'iana_protocol_name', 'UserId'];
  assert.deepEqual(names.map(preludeName), [
    'vlan_num',
    'snmp_service',
    'context_engine_id',
    'iana_protocol_name',
    'user_id',
  ]);
});
