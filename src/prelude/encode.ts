/**
 * Messages in Prelude's binary format, as libprelude's own writer makes it (libprelude 5.2.0,
 * idmef-message-write.c and idmef-data.c), but for the fragments.
 *
 *   payload := [version] object(Alert | Heartbeat) end
 *   object  := chunk(tag of the class, nothing) field* end
 *   field   := chunk(tag of the field, value) | object
 *   data    := chunk(tag of the field, uint32 type) chunk(tag of the field, value)
 *   chunk   := uint8 tag, uint32 length, value
 *   end     := chunk(254, nothing)
 */
import type { Field, ValueField } from '../idmef/classes.ts';
import { Data, Idmef, Time, type Message, type Value } from '../idmef/message.ts';
import { ByteWriter } from './bytes.ts';

const END_OF_TAG = 254;
const VERSION_TAG = 29;

/** idmef_data_type_t */
const DATA_TYPES = { char: 1, byte: 2, int: 4, 'char-string': 6, 'byte-string': 7 } as const;

/** Writes the payload of one message; `analyzer` is an encoded Analyzer that goes before its own. */
export function encodePayload(out: ByteWriter, message: Message, analyzer: Uint8Array): void {
  if (message.version !== '') string(out, VERSION_TAG, message.version);
  object(out, message.body, analyzer);
  end(out);
}

/** One object on its own, as it stands inside a message. */
export function encodeObject(idmef: Idmef): Buffer {
  const out = new ByteWriter();
  object(out, idmef, NOTHING);
  return out.finish();
}

const NOTHING = new Uint8Array();

function object(
  out: ByteWriter,
  { class: { tag, fields }, values }: Idmef,
  analyzer: Uint8Array,
): void {
  out.chunk(tag, 0);
  for (const field of fields) {
    if (analyzer.length > 0 && field.xml === 'Analyzer') out.bytes(analyzer);
    const value = values[field.index];
    if (value !== undefined) write(out, field, value);
    else if (field.always) writeDefault(out, field);
  }
  end(out);
}

function end(out: ByteWriter): void {
  out.chunk(END_OF_TAG, 0);
}

function write(out: ByteWriter, field: Field, value: Value): void {
  if (Array.isArray(value)) for (const item of value) write(out, field, item);
  else if (field.kind === 'value') scalar(out, field, value);
  else if (value instanceof Idmef) object(out, value, NOTHING);
  else throw mismatch(field);
}

function writeDefault(out: ByteWriter, field: Field): void {
  if (field.kind === 'value') scalar(out, field, 0);
  else object(out, new Idmef(field.class), NOTHING);
}

function scalar(out: ByteWriter, field: ValueField, value: Value): void {
  const { tag, type } = field;
  if (typeof value === 'string' && type === 'string') string(out, tag, value);
  else if (typeof value === 'number') number(out, field, value);
  else if (typeof value === 'bigint' && type === 'uint64') {
    out.chunk(tag, 8);
    out.uint64(value);
  } else if (value instanceof Time && type === 'time') time(out, tag, value);
  else if (value instanceof Data && type === 'data') data(out, tag, value);
  else throw mismatch(field);
}

function number(out: ByteWriter, field: ValueField, value: number): void {
  switch (field.type) {
    case 'uint8':
      out.chunk(field.tag, 1);
      out.uint8(value);
      return;
    case 'uint16':
      out.chunk(field.tag, 2);
      out.uint16(value);
      return;
    case 'enum':
    case 'uint32':
      out.chunk(field.tag, 4);
      out.uint32(value);
      return;
    case 'int32':
      out.chunk(field.tag, 4);
      out.int32(value);
      return;
    case 'float':
      out.chunk(field.tag, 4);
      out.float(value);
      return;
    case 'string':
    case 'time':
    case 'data':
    case 'uint64':
      throw mismatch(field);
  }
}

/** UTF-8 and one NUL, which the length counts; libprelude does not write empty ones. */
function string(out: ByteWriter, tag: number, value: string): void {
  if (value === '') return;
  out.chunk(tag, 0);
  const lengthAt = out.length - 4;
  const size = out.text(value);
  out.uint8(0);
  out.patchUint32(size + 1, lengthAt);
}

function time(out: ByteWriter, tag: number, value: Time): void {
  out.chunk(tag, 12);
  out.uint32(value.seconds);
  out.uint32(value.microseconds);
  out.int32(value.offset);
}

function data(out: ByteWriter, tag: number, { content }: Data): void {
  out.chunk(tag, 4);
  out.uint32(DATA_TYPES[content.type]);
  switch (content.type) {
    case 'char':
    case 'byte':
      out.chunk(tag, 1);
      out.uint8(content.value);
      return;
    case 'int':
      out.chunk(tag, 8);
      out.int64(content.value);
      return;
    case 'char-string':
      string(out, tag, content.value);
      return;
    case 'byte-string':
      out.chunk(tag, content.value.length);
      out.bytes(content.value);
      return;
  }
}

function mismatch(field: Field): TypeError {
  return new TypeError(`a value of ${field.name} does not fit its type`);
}
