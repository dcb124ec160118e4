/**
 * What is used of xmllint-wasm 5.3: not its validateXML, which compiles libxml2 and reads the grammar
 * anew for each call, but the program under it, as Emscripten makes it. Loads in threads only.
 */
declare module 'xmllint-wasm/xmllint-node.js' {
  /** Settings of a run; Emscripten puts its own functions beside them. */
  export interface Run {
    /** files that the program finds in its folder */
    readonly inputFiles: readonly { readonly fileName: string; readonly contents: string }[];
    /** the command line */
    readonly arguments: readonly string[];
    readonly wasmMemory: WebAssembly.Memory;
    /** called before the program starts, when files and devices can be made */
    readonly preInit: () => void;
    /** instead of compiling it again */
    readonly instantiateWasm: (
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance) => void,
    ) => void;
    /** a line on standard output */
    readonly print: (line: string) => void;
    /** a line on standard error */
    readonly printErr: (line: string) => void;
    readonly onExit: (status: number) => void;
    readonly onAbort: (reason: unknown) => void;
    /** Makes a file whose bytes come from a function, one at a call; null is the end. */
    FS_createDevice?: (folder: string, name: string, read: () => number | null) => void;
  }

  /** Runs xmllint to its end; the files, devices and memory are for this run alone. */
  const runXmllint: (run: Run) => Promise<unknown>;
  export default runXmllint;
}
