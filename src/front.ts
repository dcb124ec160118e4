/** The first half of a message's way: accept → idmef → prelude. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withPages } from './accept/get.ts';
import type { Listener } from './accept/listen.ts';
import { PostHandler, type RequestRecord } from './accept/post.ts';
import type { Delivery } from './delivery.ts';
import { GatewayError, reason } from './errors.ts';
import { ProtocolError } from './fastcgi/protocol.ts';
import { Responder } from './fastcgi/responder.ts';
import { openIntake } from './intake.ts';
import type { Log } from './log.ts';
import { answeredOf } from './measure.ts';
import type { RequestFigures } from './monitor/figures.ts';
import type { Pages } from './monitor/page.ts';
import type { Options } from './options.ts';
import { Validator } from './validate/validator.ts';

/** bytes of all bodies in flight together */
const MAX_IN_FLIGHT = 256 * 1024 * 1024;
/** milliseconds that stopping leaves to running requests */
const REQUEST_PATIENCE = 10_000;
/** bytes of names and values of one request: Apache takes 50 fields of 8190 bytes (secef.httpd.conf) */
const MAX_PARAMS = 512 * 1024;
/** After this time without a request on them Apache uses the open connections no more. */
const QUIET_MS = 300;
/** They are closed then, although requests still come. */
const QUIET_LIMIT_MS = 3000;

/** characters of a refusal's reason in the log; its sender has got all of it */
const REASON_LOGGED = 300;

/** The first line, cut: names and values in it are the sender's, and so are twenty violations. */
function shortReason(error: GatewayError): string {
  const [line = '', ...more] = error.describe().split('\n');
  const cut = line.length > REASON_LOGGED ? `${line.slice(0, REASON_LOGGED)}…` : line;
  return more.length === 0 ? cut : `${cut} (and ${more.length} more)`;
}

function logAnswer(log: Log, debug: boolean, answered: RequestRecord): void {
  if (answered.error === undefined && !debug) return;
  const { error, ...record } = answered;
  if (error === undefined) log('accepted', record);
  else if (error.code === 'defect') log('defect', { ...record, err: error.cause ?? error });
  else log('refused', { ...record, code: error.code, reason: shortReason(error) });
}

/** What the first half needs of the rest. */
export interface Behind {
  /** Begins to take Apache's connections. @throws GatewayError configuration */
  readonly listen: (serve: (connection: Socket) => void) => Promise<Listener>;
  /** where messages are made safe */
  readonly delivery: Pick<Delivery, 'analyzer' | 'append'>;
  /** told of each request */
  readonly figures: RequestFigures;
  readonly pages: Pages;
}

export interface Front {
  /** It accepts requests. */
  isWell(): boolean;
  /** Accepts no more requests, and gives those that run their time. */
  stop(): Promise<void>;
}

/**
 * Takes requests.
 * @throws GatewayError configuration
 */
export async function startFront(options: Options, behind: Behind, log: Log): Promise<Front> {
  const { delivery, figures, pages } = behind;
  const validator = options.validDtd ? await openValidator(figures) : undefined;
  const handler = new PostHandler({
    maxBody: options.maxBody,
    maxInFlight: MAX_IN_FLIGHT / options.workers,
    open: (id, charset) =>
      openIntake({ id, charset, delivery, log, debug: options.debug, validator }),
    answered: (record) => {
      logAnswer(log, options.debug, record);
      figures.answered(answeredOf(record));
    },
    aborted: (what) => {
      log('aborted', { ...what });
      figures.aborted();
    },
  });
  const responder = new Responder({
    application: withPages(
      pages,
      (err) => {
        log('defect', { err });
      },
      handler.handle,
    ),
    maxParams: MAX_PARAMS,
    failed: (err) => {
      log(err instanceof ProtocolError ? 'protocol-error' : 'defect', { err });
    },
  });
  const listener = await behind.listen((connection) => {
    responder.serve(connection);
  });
  return {
    isWell: () => listener.listening,
    stop: async () => {
      listener.close();
      // what was accepted gets its time, and no more
      const drained = responder.drain({ quietMs: QUIET_MS, limitMs: QUIET_LIMIT_MS });
      await Promise.race([drained, sleep(REQUEST_PATIENCE)]);
      handler.refuse();
    },
  };
}

async function openValidator(figures: RequestFigures): Promise<Validator> {
  try {
    return await Validator.open((milliseconds) => {
      figures.validated(milliseconds);
    });
  } catch (error) {
    throw new GatewayError('configuration', `cannot read the DTDs in conf/: ${reason(error)}`, {
      cause: error,
    });
  }
}
