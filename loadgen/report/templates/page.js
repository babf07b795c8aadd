"use strict";
// Everything can be read without this. It lets the reader sort a table, and opens what is folded away for printing.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[table.tBodies.length - 1];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const turned = { ascending: "descending", descending: "ascending" };
      const order = turned[head.getAttribute("aria-sort")] || head.dataset.first || "descending";
      const way = order === "ascending" ? 1 : -1;
      const value = (row) => row.cells[column].dataset.value;
      const compare = (one, other) => {
        const [a, b] = [value(one), value(other)];
        if (a === b) return 0;
        if (a === "") return 1;
        if (b === "") return -1;
        const [x, y] = [Number(a), Number(b)];
        return way * (Number.isNaN(x) || Number.isNaN(y) ? (a < b ? -1 : 1) : x - y);
      };
      body.append(...[...body.rows].sort(compare));
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
    });
  });
}
for (const note of document.querySelectorAll(".sorts")) note.hidden = false;

const folded = () => document.querySelectorAll("details:not(.long):not([open])");
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...folded()];
  for (const one of opened) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of opened) one.open = false;
});
