/** All that goes wrong, and how often. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Apache } from '../../test/helpers/apache.ts';
import type { Scope } from '../../test/helpers/cleanup.ts';
import type { Tmpfs } from '../../test/helpers/tmpfs.ts';
import type { GatewayProcess } from './gateway-process.ts';
import type { Link } from './link.ts';
import { Lock } from './lock.ts';
import type { ManagerProcess } from './manager-process.ts';
import { childrenOf, signal } from './processes.ts';
import type { Random } from './random.ts';
import type { Setting } from './setting.ts';

/** Something that goes wrong. */
export interface Fault {
  readonly kind: string;
  /** Makes it go wrong, and right again; gives whether it could be done. */
  readonly cause: (random: Random) => Promise<boolean>;
}

/** Faults that happen one after the other. */
export interface Lane {
  readonly faults: readonly Fault[];
  /** between the end of a fault and the next one */
  readonly gapMs: { readonly from: number; readonly to: number };
}

/** What the faults happen to. */
export interface Parts {
  readonly gateway: GatewayProcess;
  readonly managers: readonly ManagerProcess[];
  readonly apache: Apache;
  readonly disk: Tmpfs;
}

/** Faults of everything. */
export function allLanes(parts: Parts, setting: Setting): readonly Lane[] {
  const { gateway, managers, apache, disk } = parts;
  // while it is looked at what a killed manager had, the gateway has to notice its end
  const exclusive = new Lock();
  return [
    { faults: gatewayFaults(gateway, setting, exclusive), gapMs: { from: 1000, to: 5000 } },
    ...managers.map((manager) => ({
      faults: managerFaults(manager, exclusive),
      gapMs: { from: 1000, to: 6000 },
    })),
    ...managers.map(({ link }) => ({
      faults: linkFaults(link),
      gapMs: { from: 300, to: 2500 },
    })),
    { faults: apacheFaults(apache), gapMs: { from: 3000, to: 9000 } },
    { faults: diskFaults(disk), gapMs: { from: 4000, to: 12_000 } },
  ];
}

/** The faults that lose alerts when the rule of the close notify is left out, again and again. */
export function controlLanes({ managers }: Parts): readonly Lane[] {
  const wanted = ['link swallows', 'link half-closed', 'manager kill'];
  const exclusive = new Lock();
  return managers.map((manager) => ({
    faults: [...linkFaults(manager.link), ...managerFaults(manager, exclusive)].filter(({ kind }) =>
      wanted.some((start) => kind.startsWith(start)),
    ),
    gapMs: { from: 100, to: 1000 },
  }));
}

function gatewayFaults(gateway: GatewayProcess, setting: Setting, exclusive: Lock): Fault[] {
  const kill = always('gateway kill -9', () => gateway.replace('SIGKILL'));
  const killAdmin = { kind: 'prelude-admin kill -9', cause: later(() => gateway.killAdmin()) };
  const killWorker = {
    kind: 'worker kill -9',
    cause: later((random) => gateway.killWorkers('one', random)),
  };
  const killWorkers = {
    kind: 'all workers kill -9',
    cause: later((random) => gateway.killWorkers('all', random)),
  };
  return [
    kill,
    kill,
    killAdmin,
    killAdmin,
    always('gateway SIGTERM', () => gateway.replace('SIGTERM')),
    always('gateway SIGSTOP', (random) =>
      exclusive.run(() => gateway.freeze(random.between(200, 3000))),
    ),
    {
      kind: 'prelude-admin SIGSTOP',
      cause: (random) => exclusive.run(() => gateway.freezeAdmin(random.between(200, 3000))),
    },
    ...(setting.workers > 1 ? [killWorker, killWorker, killWorkers] : []),
  ];
}

function managerFaults(manager: ManagerProcess, exclusive: Lock): Fault[] {
  return [
    always('manager SIGSTOP', (random) => manager.freeze(random.between(500, 5000))),
    always('manager SIGTERM', (random) => manager.restart(random, random.between(200, 3000))),
    always('manager kill -9', (random) =>
      exclusive.run(() => manager.killAndRestart(random, random.between(200, 3000))),
    ),
  ];
}

function linkFaults(link: Link): Fault[] {
  const busy = (kind: string, action: Fault['cause']): Fault => ({
    kind: `link ${kind}`,
    cause: async (random) => (await link.untilBusy()) && action(random),
  });
  const some = (random: Random): number => random.between(200, 2500);
  return [
    busy('reset', () => Promise.resolve(link.reset())),
    busy('cut in a TLS record', () => Promise.resolve(link.cutInRecord())),
    busy('swallows the tail', (random) =>
      link.swallowTail(random.between(500, 5000), random.chance(0.5)),
    ),
    busy('half-closed to the manager', (random) => link.halfClose('manager', some(random))),
    busy('half-closed to the gateway', (random) => link.halfClose('gateway', some(random))),
    busy('stalls', (random) => link.stall(some(random))),
    busy('slow', (random) => link.delay(some(random), random.between(20, 400))),
    busy('black hole', (random) => link.blackHole(some(random))),
    busy('cut every N bytes', (random) =>
      link.cutEvery(random.between(1000, 400_000), random.between(500, 4000)),
    ),
  ];
}

function apacheFaults(apache: Apache): Fault[] {
  const children = (): number[] => childrenOf(apache.pid, 'apache2');
  return [
    { kind: 'Apache graceful', cause: later(() => signal(apache.pid, 'SIGUSR1')) },
    { kind: 'Apache restart', cause: later(() => signal(apache.pid, 'SIGHUP')) },
    {
      kind: 'Apache child kill -9',
      cause: later((random) =>
        random
          .shuffled(children())
          .slice(0, 1)
          .some((pid) => signal(pid, 'SIGKILL')),
      ),
    },
  ];
}

function diskFaults(disk: Tmpfs): Fault[] {
  return [
    always('disk full', async (random) => {
      disk.fill();
      await sleep(random.between(500, 4000));
      disk.clear();
    }),
    always('disk read-only', async (random) => {
      const undos: (() => Promise<void>)[] = [];
      const scope: Scope = { after: (undo) => undos.push(undo) };
      await disk.makeReadOnly(scope);
      await sleep(random.between(300, 2000));
      for (const undo of undos) await undo();
    }),
  ];
}

function always(kind: string, action: (random: Random) => Promise<void>): Fault {
  return {
    kind,
    cause: async (random) => {
      await action(random);
      return true;
    },
  };
}

function later(action: (random: Random) => boolean): Fault['cause'] {
  return (random) => Promise.resolve(action(random));
}
