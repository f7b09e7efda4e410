/** What the agent is asked to do: one JSON object a line on its standard input. */
export type AgentRequest =
  | {
      readonly do: 'varlink';
      readonly path: string;
      /** The bytes to send, in base64. */
      readonly bytes: string;
    }
  | { readonly do: 'read'; readonly path: string }
  | { readonly do: 'run'; readonly command: readonly string[] };

/** What came of it: one JSON object a line on its standard output, in the order of the requests. */
export type AgentReply =
  | {
      readonly did: 'varlink';
      /** What came back before the sentinel's answer, in base64, cut at each NUL. */
      readonly messages: readonly string[];
      /** True when the server ended the connection instead of answering the sentinel. */
      readonly closed: boolean;
    }
  | { readonly did: 'read'; readonly content: string | null }
  | { readonly did: 'run'; readonly status: number; readonly stdout: string; readonly stderr: string }
  | { readonly did: 'nothing'; readonly because: string };

/**
 * Asked on the same connection after each question. Answers come in order, so its answer tells that there is nothing
 * more to come; every Varlink service answers it, and all of them alike.
 */
export const sentinel = {
  method: 'org.varlink.service.GetInterfaceDescription',
  parameters: { interface: 'sentinel.of.the.conformance.tests' },
};
