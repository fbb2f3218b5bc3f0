//! Records say their keys twice: typed, and as words.

use std::vec::Vec;

use super::{BUFFER, Record};
use crate::memory::Words;
use crate::model::Rng;
use crate::region::entries::{EcmpSet, RouteRecord};
use crate::region::inspection::{Appliance, Endpoint, GroupRecord, Gwlb};
use crate::region::objects::{
    ForwardEntry, GatewayRecord, Interface, InternetBalancer, Member, PublicAddress, RouteTable,
    SnatEntry, VSwitch, Vpc, VpcCidr,
};
use crate::sync::AtomicU32;

/// Any words read as a record; the words that it is written as have its key.
fn keys_agree<R: Record>() {
    let mut rng = Rng::new(u64::from(R::WORDS));
    let mut keys = Vec::new();
    for _ in 0..1000 {
        let memory: [AtomicU32; BUFFER] = core::array::from_fn(|_| AtomicU32::new(rng.word()));
        let record = R::read(Words(&memory), 0);
        record.write(Words(&memory), 0);
        assert_eq!(R::KEY.read(Words(&memory), 0), record.key());
        keys.push(record.key());
    }
    keys.sort_unstable();
    keys.dedup();
    assert!(keys.len() > 50, "only {} keys", keys.len());
}

#[test]
fn words_have_the_keys_of_their_records() {
    keys_agree::<Vpc>();
    keys_agree::<VpcCidr>();
    keys_agree::<VSwitch>();
    keys_agree::<RouteTable>();
    keys_agree::<RouteRecord>();
    keys_agree::<GatewayRecord>();
    keys_agree::<Interface>();
    keys_agree::<PublicAddress>();
    keys_agree::<SnatEntry>();
    keys_agree::<EcmpSet>();
    keys_agree::<ForwardEntry>();
    keys_agree::<InternetBalancer>();
    keys_agree::<Gwlb>();
    keys_agree::<Appliance>();
    keys_agree::<Endpoint>();
    keys_agree::<GroupRecord>();
    keys_agree::<Member>();
}
