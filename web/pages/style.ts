/** The style of every page. The Content-Security-Policy names it by its hash, so nothing is loaded. */

/** No character of it has a meaning in HTML, so that the hash is that of what is sent. */
export const STYLE = `:root{color-scheme:light dark;--back:#fff;--text:#1a1d21;--soft:#59616b;--line:#d5dae0;--box:#f4f6f8;--link:#0b57d0;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--back:#14171a;--text:#e4e7ea;--soft:#a4adb7;--line:#343b43;--box:#1f2429;--link:#8ab4f8;--bad:#f2b8b5}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
a{color:var(--link)}
header,footer{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;padding-block:.5rem;border-block-end:1px solid var(--line)}
footer{margin-block-start:2rem;border-block:1px solid var(--line) 0;color:var(--soft)}
h1{font-size:1.75rem;line-height:1.2}
h2{font-size:1.35rem;margin-block-start:2rem}
h3{font-size:1.1rem}
section>h4{margin-block-end:.25rem;color:var(--soft)}
ul.list{list-style:none;padding:0;margin:0}
ul.list li{padding-block:.6rem;border-block-end:1px solid var(--line)}
.name{font-weight:600}
.soft,time{color:var(--soft)}
.soft{font-size:.9rem}
.bad{color:var(--bad)}
.sum{display:block;font-size:.8rem;user-select:all}
code,pre{font-family:ui-monospace,monospace}
pre{overflow-x:auto;padding:.75rem;background:var(--box);font-size:.85rem}
.button{display:inline-block;padding:.9rem 1.5rem;border-radius:.4rem;background:var(--link);color:var(--back);font-size:1.15rem;font-weight:600;text-decoration:none}
.notes{padding:.25rem 1rem;background:var(--box)}
blockquote{margin-inline:0;padding-inline-start:1rem;border-inline-start:.25rem solid var(--line)}
table{border-collapse:collapse}
th,td{padding:.25rem .5rem;border:1px solid var(--line);text-align:start}
@media print{header,footer,details,.button{display:none}body{max-width:none}a{color:inherit}}`;
