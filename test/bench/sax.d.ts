/** What the benchmark uses of sax 1.6. */
declare module 'sax' {
  interface SAXParser {
    write(text: string): this;
    onattribute: () => void;
    onopentag: () => void;
    onclosetag: () => void;
    ontext: () => void;
  }

  interface Options {
    /** track line and column */
    readonly position: boolean;
    /** only XML's five entities */
    readonly strictEntities: boolean;
  }

  const sax: { parser(strict: boolean, options: Options): SAXParser };
  export default sax;
}
