/** How long `vi.waitFor` waits for what should come at once: a machine may pause a test for long. */
export const PATIENCE = { timeout: 20_000 };
