/** Is it well or not: what an operator has to know first. */
import { minuteOf } from './minutes.ts';
import type { ManagerFigures } from './relay-figures.ts';
import type { View } from './view.ts';
import { withoutPreamble } from './words.ts';

/** good; notice: somebody should look at it; bad: alerts do not get through */
export type Level = 'good' | 'notice' | 'bad';

/** One thing that is to be known. It holds no figures that change all the time. */
export interface Finding {
  readonly level: Level;
  readonly title: string;
  readonly text: string;
}

/** the part of the limit above which the queue is nearly full, as in conf/prometheus-rules.yml */
export const NEARLY_FULL = 0.8;
/** minutes for which a refusal matters */
const RECENT = 15;

function accepting({ queue, obstacle }: View): Finding | undefined {
  if (obstacle !== undefined)
    return {
      level: 'bad',
      title: 'Alerts are refused',
      text: `Senders are told to try again later (503): ${obstacle.replace(/: \d.*/, '')}.`,
    };
  if (queue !== undefined && queue.bytes > queue.limit * NEARLY_FULL)
    return {
      level: 'notice',
      title: 'The queue is nearly full',
      text: 'When it is full, senders are told to try again later (503).',
    };
  return undefined;
}

function failureOf(managers: readonly ManagerFigures[]): string {
  const failures = managers
    .filter(({ reachable }) => reachable === false)
    .map(({ manager, lastFailure }) => {
      const why = withoutPreamble(lastFailure?.why ?? '');
      return why.includes(manager) ? why : `${manager}: ${why}`;
    });
  return failures.join('; ');
}

function delivering({ figures }: View): Finding | undefined {
  const down = figures.relays.filter(({ up }) => !up);
  if (down.length === 0) return undefined;
  return {
    level: 'bad',
    title: 'Alerts are not delivered',
    text: `They are accepted and wait safely on disk until a manager takes them: ${down.map(({ managers }) => failureOf(managers)).join('; ')}`,
  };
}

/** One manager of several that stand in for one another is down. */
function standingIn({ figures }: View): Finding | undefined {
  const failed = figures.relays
    .filter(({ up }) => up)
    .flatMap(({ managers }) => managers.filter(({ reachable }) => reachable === false));
  if (failed.length === 0) return undefined;
  return {
    level: 'notice',
    title: 'A manager is down, another one stands in',
    text: failureOf(failed),
  };
}

function setAside({ queue }: View): Finding | undefined {
  if (queue === undefined || queue.rejected === 0) return undefined;
  return {
    level: 'notice',
    title: 'Messages were put aside',
    text: 'They could not be delivered and wait for you: see secef queue list.',
  };
}

function refusing({ figures, now }: View): Finding | undefined {
  const recent = figures.refused(minuteOf(now)).slice(-RECENT);
  if (recent.every((refused) => refused === 0)) return undefined;
  return {
    level: 'notice',
    title: 'Some requests were refused',
    text: `In the last ${RECENT} minutes. Below is whose they were and why.`,
  };
}

const GOOD: Finding = {
  level: 'good',
  title: 'Alerts get through',
  text: 'They are accepted and delivered.',
};
const DRY_RUN: Finding = {
  level: 'notice',
  title: 'Dry run',
  text: 'Documents are checked and answered, but nothing is queued or sent.',
};

/** What is to be known, worst first; one or more. */
export function judge(view: View): readonly [Finding, ...Finding[]] {
  const dryRun = view.queue === undefined ? DRY_RUN : undefined;
  const findings = [delivering, accepting, standingIn, setAside, refusing].map((look) =>
    look(view),
  );
  const known = [dryRun, ...findings].filter((finding) => finding !== undefined);
  const [first, ...others] = [
    ...known.filter(({ level }) => level === 'bad'),
    ...known.filter(({ level }) => level !== 'bad'),
  ];
  return first === undefined ? [GOOD] : [first, ...others];
}
