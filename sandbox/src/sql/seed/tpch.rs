//! `samples.tpch`: the eight tables of TPC-H with their real columns, at about a thousandth of its size.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Date32Array, Int32Array};

use super::columns::{Dice, longs, money, put, texts};
use crate::sql::error::SqlError;
use crate::sql::metastore::Metastore;

const SUPPLIERS: i64 = 10;
const CUSTOMERS: i64 = 150;
const PARTS: i64 = 200;
const ORDERS: i64 = 1_500;
/// 1992-01-01 in days since the epoch; orders spread over the 2,405 days after it.
const FIRST_DAY: i64 = 8_035;
const ORDER_DAYS: i64 = 2_405;
/// 1995-06-17: what was shipped later is still open.
const TODAY: i64 = 9_298;

const REGIONS: &[&str] = &["AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"];
const NATIONS: &[(&str, i64)] = &[
    ("ALGERIA", 0),
    ("ARGENTINA", 1),
    ("BRAZIL", 1),
    ("CANADA", 1),
    ("EGYPT", 4),
    ("ETHIOPIA", 0),
    ("FRANCE", 3),
    ("GERMANY", 3),
    ("INDIA", 2),
    ("INDONESIA", 2),
    ("IRAN", 4),
    ("IRAQ", 4),
    ("JAPAN", 2),
    ("JORDAN", 4),
    ("KENYA", 0),
    ("MOROCCO", 0),
    ("MOZAMBIQUE", 0),
    ("PERU", 1),
    ("CHINA", 2),
    ("ROMANIA", 3),
    ("SAUDI ARABIA", 4),
    ("VIETNAM", 2),
    ("RUSSIA", 3),
    ("UNITED KINGDOM", 3),
    ("UNITED STATES", 1),
];
const SEGMENTS: &[&str] = &[
    "AUTOMOBILE",
    "BUILDING",
    "FURNITURE",
    "HOUSEHOLD",
    "MACHINERY",
];
const PRIORITIES: &[&str] = &["1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"];
const MODES: &[&str] = &["AIR", "FOB", "MAIL", "RAIL", "REG AIR", "SHIP", "TRUCK"];
const INSTRUCTIONS: &[&str] = &[
    "COLLECT COD",
    "DELIVER IN PERSON",
    "NONE",
    "TAKE BACK RETURN",
];
const COLOURS: &[&str] = &[
    "almond", "azure", "blush", "coral", "ivory", "lemon", "plum", "snow",
];
const FINISHES: &[&str] = &["ANODIZED", "BRUSHED", "BURNISHED", "PLATED", "POLISHED"];
const METALS: &[&str] = &["BRASS", "COPPER", "NICKEL", "STEEL", "TIN"];
const CONTAINERS: &[&str] = &["JUMBO BOX", "LG CASE", "MED BAG", "SM PACK", "WRAP JAR"];
const REMARKS: &[&str] = &[
    "as ordered",
    "call first",
    "fragile",
    "gift",
    "handle with care",
];

pub(super) fn fill(metastore: &Metastore) -> Result<(), SqlError> {
    let table = |name: &str, columns: Vec<(&str, ArrayRef)>| put(metastore, "tpch", name, columns);
    let dice = &mut Dice(1992);
    let remarks = |count: i64| -> ArrayRef {
        let mut dice = Dice(count.unsigned_abs());
        texts((0..count).map(|_| dice.pick(REMARKS).to_owned()))
    };
    let regions = REGIONS.len() as i64;
    table(
        "region",
        vec![
            ("r_regionkey", longs(0..regions)),
            (
                "r_name",
                texts(REGIONS.iter().map(|name| (*name).to_owned())),
            ),
            ("r_comment", remarks(regions)),
        ],
    )?;
    let nations = NATIONS.len() as i64;
    table(
        "nation",
        vec![
            ("n_nationkey", longs(0..nations)),
            (
                "n_name",
                texts(NATIONS.iter().map(|(name, _)| (*name).to_owned())),
            ),
            (
                "n_regionkey",
                longs(NATIONS.iter().map(|(_, region)| *region)),
            ),
            ("n_comment", remarks(nations)),
        ],
    )?;
    let supplier_nations: Vec<i64> = (0..SUPPLIERS).map(|_| dice.within(0, nations)).collect();
    table(
        "supplier",
        vec![
            ("s_suppkey", longs(1..=SUPPLIERS)),
            (
                "s_name",
                texts((1..=SUPPLIERS).map(|key| format!("Supplier#{key:09}"))),
            ),
            (
                "s_address",
                texts((1..=SUPPLIERS).map(|key| format!("{} Dock Road", key * 7))),
            ),
            ("s_nationkey", longs(supplier_nations.iter().copied())),
            (
                "s_phone",
                texts(supplier_nations.iter().map(|nation| phone(dice, *nation))),
            ),
            (
                "s_acctbal",
                money((0..SUPPLIERS).map(|_| dice.within(-99_999, 999_999).into()))?,
            ),
            ("s_comment", remarks(SUPPLIERS)),
        ],
    )?;
    let customer_nations: Vec<i64> = (0..CUSTOMERS).map(|_| dice.within(0, nations)).collect();
    table(
        "customer",
        vec![
            ("c_custkey", longs(1..=CUSTOMERS)),
            (
                "c_name",
                texts((1..=CUSTOMERS).map(|key| format!("Customer#{key:09}"))),
            ),
            (
                "c_address",
                texts((1..=CUSTOMERS).map(|key| format!("{} Market Street", key * 3))),
            ),
            ("c_nationkey", longs(customer_nations.iter().copied())),
            (
                "c_phone",
                texts(customer_nations.iter().map(|nation| phone(dice, *nation))),
            ),
            (
                "c_acctbal",
                money((0..CUSTOMERS).map(|_| dice.within(-99_999, 999_999).into()))?,
            ),
            (
                "c_mktsegment",
                texts((0..CUSTOMERS).map(|_| dice.pick(SEGMENTS).to_owned())),
            ),
            ("c_comment", remarks(CUSTOMERS)),
        ],
    )?;
    let names = (0..PARTS).map(|_| format!("{} {}", dice.pick(COLOURS), dice.pick(COLOURS)));
    let names = texts(names.collect::<Vec<_>>().into_iter());
    let makers: Vec<i64> = (0..PARTS).map(|_| dice.within(1, 6)).collect();
    table(
        "part",
        vec![
            ("p_partkey", longs(1..=PARTS)),
            ("p_name", names),
            (
                "p_mfgr",
                texts(makers.iter().map(|maker| format!("Manufacturer#{maker}"))),
            ),
            (
                "p_brand",
                texts(
                    makers
                        .iter()
                        .map(|m| format!("Brand#{m}{}", dice.within(1, 6))),
                ),
            ),
            (
                "p_type",
                texts((0..PARTS).map(|_| format!("{} {}", dice.pick(FINISHES), dice.pick(METALS)))),
            ),
            ("p_size", ints((0..PARTS).map(|_| dice.within(1, 51)))),
            (
                "p_container",
                texts((0..PARTS).map(|_| dice.pick(CONTAINERS).to_owned())),
            ),
            (
                "p_retailprice",
                money((1..=PARTS).map(|key| price(key).into()))?,
            ),
            ("p_comment", remarks(PARTS)),
        ],
    )?;
    let supplies = || (1..=PARTS).flat_map(|part| (0..4).map(move |n| (part, supplier(part, n))));
    table(
        "partsupp",
        vec![
            ("ps_partkey", longs(supplies().map(|(part, _)| part))),
            (
                "ps_suppkey",
                longs(supplies().map(|(_, supplier)| supplier)),
            ),
            (
                "ps_availqty",
                ints(supplies().map(|_| dice.within(1, 10_000))),
            ),
            (
                "ps_supplycost",
                money(supplies().map(|_| dice.within(100, 100_001).into()))?,
            ),
            ("ps_comment", remarks(PARTS * 4)),
        ],
    )?;
    orders_and_lines(metastore, dice)
}

#[derive(Default)]
struct Line {
    order: i64,
    part: i64,
    supplier: i64,
    number: i64,
    quantity: i64,
    discount: i64,
    tax: i64,
    shipped: i64,
    committed: i64,
    received: i64,
    returned: &'static str,
    instruction: &'static str,
    mode: &'static str,
}

impl Line {
    /// Hundredths.
    fn price(&self) -> i64 {
        self.quantity * price(self.part)
    }
}

fn orders_and_lines(metastore: &Metastore, dice: &mut Dice) -> Result<(), SqlError> {
    let table = |name: &str, columns: Vec<(&str, ArrayRef)>| put(metastore, "tpch", name, columns);
    let mut lines: Vec<Line> = Vec::new();
    let (mut keys, mut customers, mut days) = (Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut totals) = (Vec::new(), Vec::new());
    for index in 0..ORDERS {
        // As in the real generator, only the first eight of every 32 order keys are used.
        let order = index / 8 * 32 + index % 8 + 1;
        let day = FIRST_DAY + dice.within(0, ORDER_DAYS - 151);
        let first = lines.len();
        for number in 1..=dice.within(1, 8) {
            let part = dice.within(1, PARTS + 1);
            let shipped = day + dice.within(1, 122);
            let received = shipped + dice.within(1, 31);
            lines.push(Line {
                order,
                part,
                supplier: supplier(part, dice.within(0, 4)),
                number,
                quantity: dice.within(1, 51),
                discount: dice.within(0, 11),
                tax: dice.within(0, 9),
                shipped,
                committed: day + dice.within(30, 91),
                received,
                returned: if received > TODAY {
                    "N"
                } else {
                    dice.pick(&["A", "R"])
                },
                instruction: dice.pick(INSTRUCTIONS),
                mode: dice.pick(MODES),
            });
        }
        let own = lines.get(first..).unwrap_or_default();
        let total: i64 = own
            .iter()
            .map(|line| line.price() * (100 - line.discount) * (100 + line.tax) / 10_000)
            .sum();
        let open = own.iter().filter(|line| line.shipped > TODAY).count();
        states.push(match open {
            0 => "F",
            open if open == own.len() => "O",
            _ => "P",
        });
        keys.push(order);
        customers.push(dice.within(1, CUSTOMERS + 1));
        days.push(day);
        totals.push(total);
    }
    let clerks: Vec<i64> = (0..ORDERS).map(|_| dice.within(1, 1_001)).collect();
    let remark = |order: &i64| REMARKS.get((order % 5).unsigned_abs() as usize).copied();
    let remark = move |order: &i64| remark(order).unwrap_or_default().to_owned();
    table(
        "orders",
        vec![
            ("o_orderkey", longs(keys.iter().copied())),
            ("o_custkey", longs(customers.into_iter())),
            (
                "o_orderstatus",
                texts(states.iter().map(|state| (*state).to_owned())),
            ),
            ("o_totalprice", money(totals.into_iter().map(i128::from))?),
            ("o_orderdate", dates(days.into_iter())),
            (
                "o_orderpriority",
                texts((0..ORDERS).map(|_| dice.pick(PRIORITIES).to_owned())),
            ),
            (
                "o_clerk",
                texts(clerks.into_iter().map(|clerk| format!("Clerk#{clerk:09}"))),
            ),
            ("o_shippriority", ints((0..ORDERS).map(|_| 0))),
            ("o_comment", texts(keys.iter().map(remark))),
        ],
    )?;
    let open = |line: &Line| if line.shipped > TODAY { "O" } else { "F" }.to_owned();
    table(
        "lineitem",
        vec![
            ("l_orderkey", longs(lines.iter().map(|line| line.order))),
            ("l_partkey", longs(lines.iter().map(|line| line.part))),
            ("l_suppkey", longs(lines.iter().map(|line| line.supplier))),
            ("l_linenumber", ints(lines.iter().map(|line| line.number))),
            (
                "l_quantity",
                money(lines.iter().map(|line| i128::from(line.quantity) * 100))?,
            ),
            (
                "l_extendedprice",
                money(lines.iter().map(|line| line.price().into()))?,
            ),
            (
                "l_discount",
                money(lines.iter().map(|line| line.discount.into()))?,
            ),
            ("l_tax", money(lines.iter().map(|line| line.tax.into()))?),
            (
                "l_returnflag",
                texts(lines.iter().map(|line| line.returned.to_owned())),
            ),
            ("l_linestatus", texts(lines.iter().map(open))),
            ("l_shipdate", dates(lines.iter().map(|line| line.shipped))),
            (
                "l_commitdate",
                dates(lines.iter().map(|line| line.committed)),
            ),
            (
                "l_receiptdate",
                dates(lines.iter().map(|line| line.received)),
            ),
            (
                "l_shipinstruct",
                texts(lines.iter().map(|line| line.instruction.to_owned())),
            ),
            (
                "l_shipmode",
                texts(lines.iter().map(|line| line.mode.to_owned())),
            ),
            (
                "l_comment",
                texts(lines.iter().map(|line| remark(&line.part))),
            ),
        ],
    )
}

/// Retail price of a part in hundredths.
fn price(part: i64) -> i64 {
    90_000 + (part / 10) % 20_001 + 100 * (part % 1_000)
}

/// The nth of a part's four suppliers.
fn supplier(part: i64, nth: i64) -> i64 {
    (part + nth * 3) % SUPPLIERS + 1
}

fn phone(dice: &mut Dice, nation: i64) -> String {
    let (area, prefix) = (dice.within(100, 1_000), dice.within(100, 1_000));
    format!(
        "{}-{area}-{prefix}-{}",
        nation + 10,
        dice.within(1_000, 10_000)
    )
}

fn ints(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(
        values
            .map(|value| i32::try_from(value).ok())
            .collect::<Int32Array>(),
    )
}

fn dates(days: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(
        days.map(|day| i32::try_from(day).ok())
            .collect::<Date32Array>(),
    )
}
