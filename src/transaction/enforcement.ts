/**
 * Whether API servers ask our webhook about locks. The webhook configurations that make them ask are sent to no webhook, so whoever may edit
 * them can switch the guard off: then nothing is locked or changed until they are back, and nothing is relied on that was locked before.
 */
export interface Enforcement {
  /**
   * Resolves once locks are enforced, with what tells this stretch of time from another: its term. `waiting` hears why it must be waited for.
   * Rejects with the signal's reason.
   */
  effective(signal?: AbortSignal, waiting?: (words: string) => void): Promise<string>;
  /** Whether locks have been enforced without a break since that term, as far as is known. False while they are not. */
  unbroken(term: string | undefined): boolean;
  /** As `unbroken`, after a fresh look at the API server: a watch may be behind. */
  confirm(term: string | undefined): Promise<boolean>;
}
