//! `samples.nyctaxi.trips`: 21,932 taxi trips of January and February 2016, made up.

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, Int32Array, TimestampMicrosecondArray};

use super::columns::{Dice, put};
use crate::sql::error::SqlError;
use crate::sql::metastore::Metastore;
use crate::sql::types::TIME_ZONE;

const TRIPS: usize = 21_932;
/// 2016-01-01T00:00:00Z in seconds.
const START: i64 = 1_451_606_400;
const DAYS: i64 = 60;
const ZIPS: &[i32] = &[
    10001, 10002, 10003, 10009, 10010, 10011, 10012, 10013, 10014, 10016, 10017, 10018, 10019,
    10021, 10022, 10023, 10025, 10028, 10036, 10065, 10110, 10119, 10128, 10153, 10171, 11103,
    11109, 11201, 11211, 11217, 11238, 11371, 11422,
];

pub(super) fn fill(metastore: &Metastore) -> Result<(), SqlError> {
    let mut dice = Dice(2016);
    let (mut pickups, mut dropoffs) = (Vec::with_capacity(TRIPS), Vec::with_capacity(TRIPS));
    let (mut distances, mut fares) = (Vec::with_capacity(TRIPS), Vec::with_capacity(TRIPS));
    let (mut from, mut to) = (Vec::with_capacity(TRIPS), Vec::with_capacity(TRIPS));
    for _ in 0..TRIPS {
        // The smaller of two throws: short trips are more common than long ones.
        let tenths = dice.within(3, 220).min(dice.within(3, 160));
        let minutes = 2 + tenths / 4 + dice.within(0, 12);
        let pickup = START + dice.within(0, DAYS * 86_400);
        pickups.push(pickup * 1_000_000);
        dropoffs.push((pickup + minutes * 60 + dice.within(0, 60)) * 1_000_000);
        let hundredths = i32::try_from(tenths * 10 + dice.within(0, 10)).unwrap_or(0);
        distances.push(f64::from(hundredths) / 100.0);
        let half_dollars = i32::try_from(5 + tenths / 2 + minutes / 2).unwrap_or(5);
        fares.push(f64::from(half_dollars) / 2.0);
        from.push(zip(&mut dice));
        to.push(zip(&mut dice));
    }
    let time = |micros| Arc::new(TimestampMicrosecondArray::from(micros).with_timezone(TIME_ZONE));
    put(
        metastore,
        "nyctaxi",
        "trips",
        vec![
            ("tpep_pickup_datetime", time(pickups)),
            ("tpep_dropoff_datetime", time(dropoffs)),
            ("trip_distance", Arc::new(Float64Array::from(distances))),
            ("fare_amount", Arc::new(Float64Array::from(fares))),
            ("pickup_zip", Arc::new(Int32Array::from(from))),
            ("dropoff_zip", Arc::new(Int32Array::from(to))),
        ],
    )
}

fn zip(dice: &mut Dice) -> i32 {
    let index = dice.next() % (ZIPS.len() as u64);
    usize::try_from(index)
        .ok()
        .and_then(|index| ZIPS.get(index))
        .copied()
        .unwrap_or(10001)
}
