/** A time span as kubectl shortens it: `12s`, `5m`, `3h`, `2d`. Never below zero. Milliseconds. */
export function ageText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${String(seconds)}s`;
  if (seconds < 7_200) return `${String(Math.round(seconds / 60))}m`;
  return seconds < 172_800 ? `${String(Math.round(seconds / 3_600))}h` : `${String(Math.round(seconds / 86_400))}d`;
}
