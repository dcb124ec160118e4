/** Everything that the pages show, at one moment. */
import type { QueueFigures } from '../queue/look.ts';
import type { Figures } from './figures.ts';
import type { ProcessFigures } from './process.ts';

export interface View {
  /** milliseconds since 1970 */
  readonly now: number;
  readonly figures: Figures;
  /** undefined in a dry run */
  readonly queue: QueueFigures | undefined;
  /** why nothing can be accepted now, if so */
  readonly obstacle: string | undefined;
  /** of the gateway */
  readonly version: string;
  /** name of this machine */
  readonly host: string;
  /** seconds between the gateway's own heartbeats, 0 for none */
  readonly heartbeatInterval: number;
  readonly processes: readonly ProcessFigures[];
}
