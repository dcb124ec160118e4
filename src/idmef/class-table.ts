/**
 * The table of the IDMEF classes.
 *
 * Names, attributes and children are those of RFC 4765 (the section stands beside each class); the
 * tags, the types and the order of the fields are libprelude's, which writes them in this order
 * (libprelude 5.2.0, idmef-message-write.c). What only the 2004 draft has is in classes.ts.
 */
import { enumeration, type Enumeration } from './enumerations.ts';

/** How a field's value stands in Prelude's binary format. */
export type ValueType =
  | 'string'
  | 'enum'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'float'
  | 'time'
  | 'data';

/** A field with a value of its own: an attribute, the text of a child element, or the element's text. */
export interface ValueDraft {
  readonly kind: 'value';
  /** libprelude's name, as in an IDMEF path */
  readonly name: string;
  /** where the value stands in XML */
  readonly at: 'attribute' | 'element' | 'text';
  /** name of the attribute or element */
  readonly xml: string;
  readonly type: ValueType;
  readonly enumeration: Enumeration | undefined;
  readonly tag: number;
  /** written even if not set (as 0) */
  readonly always: boolean;
  readonly list: boolean;
}

/** A field that holds objects of another class. */
export interface ObjectDraft {
  readonly kind: 'class';
  readonly name: string;
  /** name of the element, and of its class */
  readonly xml: string;
  /** written even if not set, as an object with its defaults */
  readonly always: boolean;
  readonly list: boolean;
  /** of the fields of one union libprelude keeps the one that was set last */
  readonly union: boolean;
}

export type Draft = ValueDraft | ObjectDraft;

/** One class; its fields are in the order in which libprelude writes them. */
export interface ClassDraft {
  /** name of the element */
  readonly xml: string;
  readonly tag: number;
  readonly drafts: readonly Draft[];
}

/** `vlan-num` → `vlan_num`, `SNMPService` → `snmp_service`: RFC names as libprelude spells them. */
export function preludeName(xml: string): string {
  return xml
    .replaceAll('-', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

// ---------------------------------------------------------------------------------------------
// The words of the table below.

type Type = Exclude<ValueType, 'enum'> | Enumeration;

function value(at: ValueDraft['at'], xml: string, tag: number, type: Type, name: string): Draft {
  const isEnum = typeof type !== 'string';
  return {
    kind: 'value',
    name,
    at,
    xml,
    tag,
    type: isEnum ? 'enum' : type,
    enumeration: isEnum ? type : undefined,
    always: isEnum && !type.optional,
    list: false,
  };
}

const attribute = (xml: string, tag: number, type: Type = 'string'): Draft =>
  value('attribute', xml, tag, type, preludeName(xml));

const leaf = (xml: string, tag: number, type: Type = 'string'): Draft =>
  value('element', xml, tag, type, preludeName(xml));

const leaves = (xml: string, tag: number): Draft => ({ ...leaf(xml, tag), list: true });

const text = (name: string, tag: number, type: Type = 'string'): Draft =>
  value('text', '', tag, type, name);

function child(xml: string, how: { always?: true; list?: true; union?: true } = {}): Draft {
  return {
    kind: 'class',
    name: preludeName(xml),
    xml,
    always: how.always === true,
    list: how.list === true,
    union: how.union === true,
  };
}

const children = (xml: string): Draft => child(xml, { list: true });

const always = (draft: Draft): Draft => ({ ...draft, always: true });

const define = (xml: string, tag: number, ...drafts: Draft[]): ClassDraft => ({ xml, tag, drafts });

// ---------------------------------------------------------------------------------------------

/** All of them. */
export const CLASS_TABLE: readonly ClassDraft[] = [
  // RFC 4765, 4.2.2
  define(
    'Alert',
    27,
    attribute('messageid', 29),
    children('Analyzer'),
    always(leaf('CreateTime', 30, 'time')),
    child('Classification', { always: true }),
    leaf('DetectTime', 31, 'time'),
    leaf('AnalyzerTime', 32, 'time'),
    children('Source'),
    children('Target'),
    child('Assessment'),
    children('AdditionalData'),
    child('ToolAlert', { union: true }),
    child('CorrelationAlert', { union: true }),
    child('OverflowAlert', { union: true }),
  ),
  // 4.2.2.1
  define('ToolAlert', 24, leaf('name', 29), leaf('command', 30), children('alertident')),
  // 4.2.2.2
  define('CorrelationAlert', 25, leaf('name', 29), children('alertident')),
  define('alertident', 19, text('alertident', 29), attribute('analyzerid', 30)),
  // 4.2.2.3
  define(
    'OverflowAlert',
    26,
    leaf('program', 29),
    leaf('size', 30, 'uint32'),
    leaf('buffer', 31, 'data'),
  ),
  // 4.2.3
  define(
    'Heartbeat',
    28,
    attribute('messageid', 29),
    children('Analyzer'),
    always(leaf('CreateTime', 30, 'time')),
    leaf('AnalyzerTime', 31, 'time'),
    leaf('HeartbeatInterval', 32, 'uint32'),
    children('AdditionalData'),
  ),
  // 4.2.4.1
  define(
    'Analyzer',
    18,
    attribute('analyzerid', 29),
    attribute('name', 30),
    attribute('manufacturer', 31),
    attribute('model', 32),
    attribute('version', 33),
    attribute('class', 34),
    attribute('ostype', 35),
    attribute('osversion', 36),
    child('Node'),
    child('Process'),
  ),
  // 4.2.4.2
  define('Classification', 2, attribute('ident', 29), attribute('text', 30), children('Reference')),
  // 4.2.4.3
  define(
    'Source',
    11,
    attribute('ident', 29),
    attribute('spoofed', 30, enumeration('source_spoofed')),
    attribute('interface', 31),
    child('Node'),
    child('User'),
    child('Process'),
    child('Service'),
  ),
  // 4.2.4.4
  define(
    'Target',
    17,
    attribute('ident', 29),
    attribute('decoy', 30, enumeration('target_decoy')),
    attribute('interface', 31),
    child('Node'),
    child('User'),
    child('Process'),
    child('Service'),
    children('File'),
  ),
  // 4.2.4.5
  define('Assessment', 23, child('Impact'), children('Action'), child('Confidence')),
  // 4.2.4.6
  define(
    'AdditionalData',
    0,
    attribute('meaning', 30),
    attribute('type', 29, enumeration('additional_data_type')),
    text('data', 31, 'data'),
  ),
  // 4.2.6.1
  define(
    'Impact',
    20,
    attribute('severity', 29, enumeration('impact_severity')),
    attribute('completion', 30, enumeration('impact_completion')),
    attribute('type', 31, enumeration('impact_type')),
    text('description', 32),
  ),
  // 4.2.6.2
  define(
    'Action',
    21,
    attribute('category', 29, enumeration('action_category')),
    text('description', 30),
  ),
  // 4.2.6.3
  define(
    'Confidence',
    22,
    attribute('rating', 29, enumeration('confidence_rating')),
    always(text('confidence', 30, 'float')),
  ),
  // 4.2.7.1
  define(
    'Reference',
    1,
    attribute('origin', 29, enumeration('reference_origin')),
    leaf('name', 30),
    leaf('url', 31),
    attribute('meaning', 32),
  ),
  // 4.2.7.2
  define(
    'Node',
    10,
    attribute('ident', 29),
    attribute('category', 30, enumeration('node_category')),
    leaf('name', 32),
    leaf('location', 31),
    children('Address'),
  ),
  // 4.2.7.2.1
  define(
    'Address',
    5,
    attribute('ident', 29),
    attribute('category', 30, enumeration('address_category')),
    attribute('vlan-name', 31),
    attribute('vlan-num', 32, 'int32'),
    leaf('address', 33),
    leaf('netmask', 34),
  ),
  // 4.2.7.3
  define(
    'User',
    4,
    attribute('ident', 29),
    attribute('category', 30, enumeration('user_category')),
    children('UserId'),
  ),
  // 4.2.7.3.1
  define(
    'UserId',
    3,
    attribute('ident', 29),
    attribute('type', 30, enumeration('user_id_type')),
    attribute('tty', 31),
    leaf('name', 32),
    leaf('number', 33, 'uint32'),
  ),
  // 4.2.7.4
  define(
    'Process',
    6,
    attribute('ident', 29),
    leaf('name', 30),
    leaf('pid', 31, 'uint32'),
    leaf('path', 32),
    leaves('arg', 33),
    leaves('env', 34),
  ),
  // 4.2.7.5
  define(
    'Service',
    9,
    attribute('ident', 29),
    attribute('ip_version', 30, 'uint8'),
    attribute('iana_protocol_number', 31, 'uint8'),
    attribute('iana_protocol_name', 32),
    leaf('name', 33),
    leaf('port', 34, 'uint16'),
    leaf('portlist', 35),
    leaf('protocol', 36),
    child('WebService', { union: true }),
    child('SNMPService', { union: true }),
  ),
  // 4.2.7.5.1
  define(
    'WebService',
    7,
    leaf('url', 29),
    leaf('cgi', 30),
    leaf('http-method', 31),
    leaves('arg', 32),
  ),
  // 4.2.7.5.2
  define(
    'SNMPService',
    8,
    leaf('oid', 29),
    leaf('messageProcessingModel', 30, 'uint32'),
    leaf('securityModel', 31, 'uint32'),
    leaf('securityName', 32),
    leaf('securityLevel', 33, 'uint32'),
    leaf('contextName', 34),
    leaf('contextEngineID', 35),
    leaf('command', 36),
  ),
  // 4.2.7.6
  define(
    'File',
    15,
    attribute('ident', 29),
    leaf('name', 30),
    leaf('path', 31),
    leaf('create-time', 32, 'time'),
    leaf('modify-time', 33, 'time'),
    leaf('access-time', 34, 'time'),
    leaf('data-size', 35, 'uint64'),
    leaf('disk-size', 36, 'uint64'),
    children('FileAccess'),
    children('Linkage'),
    child('Inode'),
    children('Checksum'),
    attribute('category', 37, enumeration('file_category')),
    attribute('fstype', 38, enumeration('file_fstype')),
    attribute('file-type', 39),
  ),
  // 4.2.7.6.1
  define('FileAccess', 12, child('UserId', { always: true }), leaves('permission', 29)),
  // 4.2.7.6.2
  define(
    'Linkage',
    16,
    attribute('category', 29, enumeration('linkage_category')),
    leaf('name', 30),
    leaf('path', 31),
    child('File', { always: true }),
  ),
  // 4.2.7.6.3
  define(
    'Inode',
    13,
    leaf('change-time', 29, 'time'),
    leaf('number', 30, 'uint32'),
    leaf('major-device', 31, 'uint32'),
    leaf('minor-device', 32, 'uint32'),
    leaf('c-major-device', 33, 'uint32'),
    leaf('c-minor-device', 34, 'uint32'),
  ),
  // 4.2.7.6.4
  define(
    'Checksum',
    14,
    leaf('value', 29),
    leaf('key', 30),
    attribute('algorithm', 31, enumeration('checksum_algorithm')),
  ),
];

/** Other spellings of child elements: by whom, and which child is meant. */
export const ALIASES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // as prelude-manager's xmlmod writes them (A10 in the notes)
  SNMPService: { contextEngineId: 'contextEngineID' },
  Inode: { 'c-minor-devide': 'c-minor-device' },
  // the RFC's DTD has Permission, its example in 7.3.3 permission
  FileAccess: { Permission: 'permission' },
};
