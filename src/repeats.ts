/**
 * A flood of equal errors, summed up.
 *
 * The first lines of a kind are written as they come. Further ones are counted, and at the end of a
 * window one line tells how many there were: the fields of the last one, `repeated`, and `since`
 * when. So lines without `repeated` and the sum of `repeated` are all there were. As long as it goes
 * on the windows grow; after a while without any the kind is forgotten, and begins anew.
 */

/** lines of a kind that are written as they come */
export const FIRST_LINES = 5;
/** milliseconds */
export const FIRST_WINDOW = 60_000;
const LONGEST_WINDOW = 600_000;
/** milliseconds without any after which a kind is forgotten */
const QUIET = 120_000;
/** kinds at a time; what else comes is told apart by event and code only */
export const MOST_KINDS = 300;

type Fields = Readonly<Record<string, unknown>>;

/** What the time is, and a call some time later. */
export interface Clock {
  /** milliseconds since 1970, never going back */
  now(): number;
  /** Calls once after so many milliseconds, without keeping the process alive. */
  after(milliseconds: number, action: () => void): void;
}

/** The real one. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (milliseconds, action) => {
    setTimeout(action, milliseconds).unref();
  },
};

interface Kind<Event> {
  readonly event: Event;
  /** it stands for what had no place */
  readonly mixed: boolean;
  written: number;
  /** counted and not told yet */
  counted: number;
  /** when the first of these came */
  since: number;
  /** when the last one came */
  last: number;
  fields: Fields;
  window: number;
}

/** Fields that make lines different kinds; any other may differ. */
function kindOf(event: string, { code, client, manager, err }: Fields): string {
  const defect = err instanceof Error ? err.message.slice(0, 100) : undefined;
  return JSON.stringify([event, code, client, manager, defect]);
}

/** Takes lines and writes them, or their sum. */
export class Repeats<Event extends string> {
  readonly #write: (event: Event, fields: Fields) => void;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind<Event>>();

  constructor(write: (event: Event, fields: Fields) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** The next line: writes it at once or counts it. */
  take(event: Event, fields: Fields): void {
    const kind = this.#kind(event, fields);
    kind.last = this.#clock.now();
    if (kind.written < FIRST_LINES) {
      kind.written++;
      this.#write(event, fields);
      return;
    }
    if (kind.counted++ === 0) kind.since = kind.last;
    kind.fields = fields;
  }

  /** Writes what is counted now. */
  flush(): void {
    for (const kind of this.#kinds.values()) this.#tell(kind);
  }

  #kind(event: Event, fields: Fields): Kind<Event> {
    const name = kindOf(event, fields);
    const known = this.#kinds.get(name);
    if (known !== undefined) return known;
    if (this.#kinds.size < MOST_KINDS) return this.#begin(name, event, false);
    const rest = JSON.stringify([event, fields['code']]);
    return this.#kinds.get(rest) ?? this.#begin(rest, event, true);
  }

  #begin(name: string, event: Event, mixed: boolean): Kind<Event> {
    const kind = {
      event,
      mixed,
      written: 0,
      counted: 0,
      since: 0,
      last: 0,
      fields: {},
      window: FIRST_WINDOW,
    };
    this.#kinds.set(name, kind);
    this.#watch(name, kind);
    return kind;
  }

  #watch(name: string, kind: Kind<Event>): void {
    this.#clock.after(kind.window, () => {
      if (kind.counted > 0) {
        this.#tell(kind);
        kind.window = Math.min(kind.window * 2, LONGEST_WINDOW);
      }
      if (this.#clock.now() - kind.last < QUIET) this.#watch(name, kind);
      else this.#kinds.delete(name);
    });
  }

  #tell(kind: Kind<Event>): void {
    const { event, mixed, counted: repeated, fields } = kind;
    if (repeated === 0) return;
    kind.counted = 0;
    const since = new Date(kind.since).toISOString();
    // of many senders the last one says nothing of the others
    const shown = mixed ? { code: fields['code'], client: 'several' } : fields;
    this.#write(event, { ...shown, repeated, since });
  }
}
