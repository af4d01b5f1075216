/** What the dashboard uses of htm. */
declare const htm: {
  bind(make: (type: any, props: any, ...children: any[]) => any): (strings: TemplateStringsArray, ...values: any[]) => any;
};
export default htm;
