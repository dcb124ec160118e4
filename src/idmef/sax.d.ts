/** What is used of sax 1.6 (@types/sax lacks strictEntities and MAX_BUFFER_LENGTH). */
declare module 'sax' {
  export interface Attribute {
    readonly name: string;
    readonly value: string;
  }

  /** Without the option xmlns. */
  export interface SAXParser {
    write(text: string): this;
    /** the value that is being read */
    readonly attribValue: string;
    /** emits text that is held back until the next tag */
    flush(): void;
    onerror: (error: Error) => void;
    onopentagstart: () => void;
    onattribute: (attribute: Attribute) => void;
    onopentag: (tag: { readonly name: string }) => void;
    onclosetag: (name: string) => void;
    ontext: (text: string) => void;
    oncdata: (text: string) => void;
  }

  interface Options {
    /** track line and column */
    readonly position?: boolean;
    /** only XML's five entities */
    readonly strictEntities?: boolean;
  }

  const sax: {
    /** longest text and attribute value before text is cut in two or refused */
    MAX_BUFFER_LENGTH: number;
    parser(strict: boolean, options?: Options): SAXParser;
  };
  export default sax;
}
