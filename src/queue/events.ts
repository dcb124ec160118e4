/** What the queue tells of, for the log. */
import type { GatewayError } from '../errors.ts';

export interface QueueEvents {
  /** A write or sync failed: what was not acknowledged is not in the queue. */
  failed(error: GatewayError): void;
  /** A tail of the newest segment was excluded. `kept` names the copy; there is none of zeros, or without room */
  torn(what: { segment: string; bytes: number; kept: string | undefined }): void;
  /** Bytes that are no intact request were excluded. `kept` names the copy; there is none yet without room */
  damaged(what: { segment: string; offset: number; bytes: number; kept: string | undefined }): void;
  /** A segment cannot be read; it is tried again later. */
  unreadable(what: { segment: string; why: string }): void;
  /** Before this segment others are missing. */
  gap(what: { segment: string; missing: number }): void;
  /** A file in QUEUE/retry is no sequence of intact requests and went back to QUEUE/rejected. */
  retryRefused(what: { file: string; kept: string }): void;
}
