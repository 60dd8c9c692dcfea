/** The port of the queue of checks that must read large files. */

/** Where runs wait: a queue, or the same process. Requesting one twice does no harm. */
export interface CheckQueue {
  /** How long a run may take before it is requested again; 0 if the queue knows what it holds. @default 0 */
  readonly patienceSeconds?: number;
  enqueueCheck(checkId: string): Promise<void>;
}
