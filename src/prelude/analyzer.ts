/**
 * The gateway's own Analyzer, which stands first in every message, as every Prelude client puts its
 * own there (libprelude, prelude-client.c). With the profile's analyzerid in it `prelude-admin send`
 * adds none.
 */
import { hostname, release, type } from 'node:os';
import { ANALYZER } from '../idmef/classes.ts';
import type { Idmef } from '../idmef/message.ts';
import { encodeObject } from './encode.ts';
import { make } from './make.ts';

/** What the gateway says of itself. */
export interface Identity {
  readonly profile: string;
  readonly analyzerid: string;
  readonly version: string;
}

const MODEL = 'Prelude Web Gateway';
const CLASS = 'Web Gateway';
const MANUFACTURER = 'https://www.secef.net/';

/** The Analyzer object of this process. */
export function ownAnalyzer({ profile, analyzerid, version }: Identity): Idmef {
  return make(ANALYZER, {
    analyzerid,
    name: profile,
    manufacturer: MANUFACTURER,
    model: MODEL,
    version,
    class: CLASS,
    ostype: type(),
    osversion: release(),
    node: { name: hostname() },
    process: {
      name: 'secef',
      pid: process.pid,
      path: process.argv[1] ?? process.execPath,
    },
  });
}

/** It as bytes, to stand in front of a message's own. */
export function encodeAnalyzer(identity: Identity): Buffer {
  return encodeObject(ownAnalyzer(identity));
}
