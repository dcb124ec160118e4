/**
 * One connection of a web server: a state machine of FastCGI 1.0 in the role of a responder (6.2).
 * One request after another; several at a time are refused (FCGI_MPXS_CONNS is 0, 4.1).
 *     idle ──FCGI_BEGIN_REQUEST──▶ params ──its end──▶ body ──its end──▶ answer
 *       ▲                                               │                  │
 *       └─────────────── respond(), with FCGI_KEEP_CONN ┴──────────────────┘
 *
 * Without FCGI_KEEP_CONN, and after an error, comes closed.
 */
import type { Application, Body, Request } from './application.ts';
import { decodeParams, type Params } from './params.ts';
import {
  encodeAnswer,
  encodeEnd,
  encodeUnknownType,
  encodeValues,
  KEEP_CONN,
  PROTOCOL_STATUS,
  ProtocolError,
  ROLE_RESPONDER,
  TYPE,
} from './protocol.ts';
import { RecordReader, type RecordSink } from './record-reader.ts';

/** What a connection writes to. */
export interface Wire {
  /** bytes that the peer has not taken */
  readonly writableLength: number;
  write(bytes: Buffer): void;
  /** Closes it once everything has been written. */
  close(): void;
  pause(): void;
  resume(): void;
}

export interface ConnectionOptions {
  readonly application: Application;
  /** bytes of FCGI_PARAMS of one request */
  readonly maxParams: number;
  /** A request begins. */
  readonly begun: () => void;
}

/** bytes of answers that a peer leaves unread, above which it is not served any more */
const MAX_UNREAD = 1024 * 1024;

/** Answers to FCGI_GET_VALUES (4.1); there is no limit of requests but that of connections. */
const VALUES: Params = new Map([['FCGI_MPXS_CONNS', '0']]);

/** What becomes of a record's content. */
type Use = 'ignore' | 'collect' | 'params' | 'body';

export class Connection implements RecordSink {
  readonly #wire: Wire;
  readonly #options: ConnectionOptions;
  readonly #reader: RecordReader;
  #state: 'idle' | 'params' | 'body' | 'answer' | 'closed' = 'idle';
  /** of the record that is being read */
  #type = 0;
  #recordId = 0;
  #use: Use = 'ignore';
  /** it has no content, which ends a stream (3.3) */
  #isEmpty = false;
  /** of the request that is open */
  #id = 0;
  #keep = false;
  #request: OpenRequest | undefined;
  #body: Body | undefined;
  /** content that is collected: that of a record, and that of FCGI_PARAMS */
  #record: Buffer[] = [];
  #params: Buffer[] = [];
  #paramsLength = 0;
  #closing = false;

  constructor(wire: Wire, options: ConnectionOptions) {
    this.#wire = wire;
    this.#options = options;
    this.#reader = new RecordReader(this);
  }

  /** No request is open. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  /**
   * Takes what has come.
   * @throws ProtocolError after which the connection has to be given up
   */
  receive(bytes: Buffer): void {
    if (this.#state !== 'closed') this.#reader.read(bytes);
  }

  /** The peer sends no more; it may still wait for an answer. */
  ended(): void {
    this.close();
    if (this.#state === 'answer') return;
    this.gone();
    this.#wire.close();
  }

  /** Closes it, after the answer to the request that is open. */
  close(): void {
    this.#closing = true;
    if (this.#state === 'idle') this.#shut();
  }

  /** The connection is no more, or is to be given up. */
  gone(): void {
    this.#state = 'closed';
    this.#request = undefined;
    const body = this.#body;
    this.#body = undefined;
    body?.aborted();
  }

  begin(type: number, id: number, length: number): void {
    this.#type = type;
    this.#recordId = id;
    this.#use = this.#state === 'closed' ? 'ignore' : this.#useOf(length);
  }

  content(piece: Buffer): void {
    switch (this.#use) {
      case 'ignore':
        return;
      case 'collect':
        this.#record.push(piece);
        return;
      case 'params':
        this.#takeParams(piece);
        return;
      case 'body':
        this.#body?.data(piece);
    }
  }

  end(): void {
    if (this.#state === 'closed') return;
    if (this.#recordId === 0) {
      this.#manage();
      return;
    }
    if (this.#type === TYPE.beginRequest) this.#beginRequest(Buffer.concat(this.#record.splice(0)));
    else if (this.#recordId !== this.#id) return;
    else if (this.#type === TYPE.abortRequest) this.#abort();
    else if (this.#use === 'params' && this.#isEmpty) this.#endParams();
    else if (this.#use === 'body' && this.#isEmpty) this.#endBody();
  }

  /** Answers a request, unless it is not the open one. */
  respond(request: OpenRequest, content: string): void {
    if (request !== this.#request) return;
    this.#finish(encodeAnswer(this.#id, content));
  }

  /** Stops reading, or goes on, as the open request wants it. */
  flow(request: OpenRequest, on: boolean): void {
    if (request !== this.#request) return;
    if (on) this.#wire.resume();
    else this.#wire.pause();
  }

  #useOf(length: number): Use {
    this.#isEmpty = length === 0;
    const type = this.#type;
    if (this.#recordId === 0) return this.#useOfManagement(type);
    switch (type) {
      case TYPE.beginRequest:
        if (length !== 8) throw new ProtocolError(`FCGI_BEGIN_REQUEST of ${length} bytes`);
        return 'collect';
      case TYPE.params:
        return this.#useOfStream('params', 'FCGI_PARAMS');
      case TYPE.stdin:
        return this.#useOfStream('body', 'FCGI_STDIN');
      // FCGI_DATA is for filters, which is another role (6.4)
      case TYPE.abortRequest:
      case TYPE.data:
        return 'ignore';
      default:
        throw new ProtocolError(`a record of type ${type} for a request`);
    }
  }

  #useOfManagement(type: number): Use {
    if (type < TYPE.getValues)
      throw new ProtocolError(`a record of type ${type} without a request`);
    return type === TYPE.getValues ? 'collect' : 'ignore';
  }

  /** Records of requests that are not open are ignored (3.3); each stream comes in its state only. */
  #useOfStream(use: 'params' | 'body', name: string): Use {
    if (this.#recordId !== this.#id || this.#state === 'idle') return 'ignore';
    if (this.#state !== use) throw new ProtocolError(`${name} out of its turn`);
    return use;
  }

  #manage(): void {
    if (this.#type !== TYPE.getValues) {
      this.#write(encodeUnknownType(this.#type));
      return;
    }
    const wanted = decodeParams(this.#record.splice(0));
    this.#write(encodeValues(new Map([...VALUES].filter(([name]) => wanted.has(name)))));
  }

  #beginRequest(content: Buffer): void {
    const id = this.#recordId;
    if (this.#state !== 'idle') {
      if (id === this.#id) throw new ProtocolError(`request ${id} begins twice`);
      this.#write(encodeEnd(id, PROTOCOL_STATUS.cantMpxConn));
      return;
    }
    this.#options.begun();
    this.#id = id;
    this.#keep = (content.readUInt8(2) & KEEP_CONN) !== 0;
    if (content.readUInt16BE(0) === ROLE_RESPONDER) this.#state = 'params';
    else this.#finish(encodeEnd(id, PROTOCOL_STATUS.unknownRole));
  }

  #takeParams(piece: Buffer): void {
    this.#paramsLength += piece.length;
    if (this.#paramsLength <= this.#options.maxParams) {
      this.#params.push(piece);
      return;
    }
    this.#use = 'ignore';
    this.#finish(encodeEnd(this.#id, PROTOCOL_STATUS.overloaded));
  }

  #endParams(): void {
    const params = decodeParams(this.#params);
    this.#params = [];
    this.#paramsLength = 0;
    const request = new OpenRequest(this, params);
    this.#state = 'body';
    this.#request = request;
    const body = this.#options.application(request);
    if (this.#request === request) this.#body = body;
  }

  #endBody(): void {
    this.#state = 'answer';
    this.#body?.end();
  }

  /** Until the body is complete; then the answer will come soon, which is an answer to this, too (5.4). */
  #abort(): void {
    if (this.#state !== 'params' && this.#state !== 'body') return;
    const body = this.#body;
    this.#finish(encodeEnd(this.#id, PROTOCOL_STATUS.requestComplete));
    body?.aborted();
  }

  /** Ends the open request with these records. */
  #finish(records: Buffer): void {
    this.#request = undefined;
    this.#body = undefined;
    this.#params = [];
    this.#paramsLength = 0;
    this.#state = 'idle';
    this.#wire.resume();
    this.#write(records);
    if (!this.#keep || this.#closing) this.#shut();
  }

  #shut(): void {
    this.#state = 'closed';
    this.#wire.close();
  }

  #write(records: Buffer): void {
    if (this.#wire.writableLength > MAX_UNREAD)
      throw new ProtocolError('the web server does not read what it is answered');
    this.#wire.write(records);
  }
}

/** The request that is open on a connection, or was: then it does nothing. */
class OpenRequest implements Request {
  readonly params: Params;
  readonly #connection: Connection;

  constructor(connection: Connection, params: Params) {
    this.#connection = connection;
    this.params = params;
  }

  pause(): void {
    this.#connection.flow(this, false);
  }

  resume(): void {
    this.#connection.flow(this, true);
  }

  respond(content: string): void {
    this.#connection.respond(this, content);
  }
}
