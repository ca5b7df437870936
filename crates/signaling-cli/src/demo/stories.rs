//! The stories.

use std::time::Duration;

use tokio::time::sleep;

use super::actor::Stuck;
use super::stage::Stage;
use super::story::Part::{Alice, BobKitchen, BobPhone, Carol, Dave};
use super::story::{Expect, Story};

/// A limit that no story reaches.
const AMPLE: Duration = Duration::from_secs(10);
/// One that is reached.
const SHORT: Duration = Duration::from_secs(1);
/// For so long nothing happens.
const PAUSE: Duration = Duration::from_millis(300);
/// So long people take to answer.
const THINK: Duration = Duration::from_millis(150);

/// In the order in which they are played: who came online stays there.
pub(super) const STORIES: &[Story] = &[
    Story {
        name: "accept",
        line: "alice rings bob, who says yes",
        cast: &[Alice, BobKitchen],
        expect: Expect { rings: &[BobKitchen], outcomes: &[("bob", "accepted on kitchen")], data: "video?" },
        steps: |stage| Box::pin(accept(stage)),
    },
    Story {
        name: "reject",
        line: "bob says no",
        cast: &[Alice, BobKitchen],
        expect: Expect { rings: &[BobKitchen], outcomes: &[("bob", "rejected on kitchen")], data: "video?" },
        steps: |stage| Box::pin(reject(stage)),
    },
    Story {
        name: "cancel",
        line: "alice takes it back while it rings",
        cast: &[Alice, BobKitchen],
        expect: Expect { rings: &[BobKitchen], outcomes: &[("bob", "cancelled")], data: "video?" },
        steps: |stage| Box::pin(cancel(stage)),
    },
    Story {
        name: "time limit",
        line: "bob does not hear it",
        cast: &[Alice, BobKitchen],
        expect: Expect { rings: &[BobKitchen], outcomes: &[("bob", "timed out")], data: "video?" },
        steps: |stage| Box::pin(time_limit(stage)),
    },
    Story {
        name: "modify",
        line: "alice changes her mind about what, and so does bob",
        cast: &[Alice, BobKitchen],
        expect: Expect {
            rings: &[BobKitchen],
            outcomes: &[("bob", "accepted on kitchen")],
            data: "at noon?",
        },
        steps: |stage| Box::pin(modify(stage)),
    },
    Story {
        name: "two devices",
        line: "bob has two; what he answers on one silences the other, which learns where",
        cast: &[Alice, BobKitchen, BobPhone],
        expect: Expect {
            rings: &[BobKitchen, BobPhone],
            outcomes: &[("bob", "accepted on kitchen")],
            data: "video?",
        },
        steps: |stage| Box::pin(two_devices(stage)),
    },
    Story {
        name: "first login",
        line: "dave, whom the relay never saw, logs in for the first time while it rings",
        cast: &[Alice, Dave],
        expect: Expect { rings: &[Dave], outcomes: &[("dave", "accepted on laptop")], data: "welcome!" },
        steps: |stage| Box::pin(first_login(stage)),
    },
    Story {
        name: "group",
        line: "bob says yes, carol says no, dave says nothing; each of them knows it all",
        cast: &[Alice, BobKitchen, BobPhone, Carol, Dave],
        expect: Expect {
            rings: &[BobKitchen, BobPhone, Carol, Dave],
            outcomes: &[
                ("bob", "accepted on kitchen"),
                ("carol", "rejected on tablet"),
                ("dave", "timed out"),
            ],
            data: "stand-up",
        },
        steps: |stage| Box::pin(group(stage)),
    },
    Story {
        name: "late, but in time",
        line: "carol, who was offline, comes back while it still rings",
        cast: &[Alice, Carol],
        expect: Expect { rings: &[Carol], outcomes: &[("carol", "accepted on tablet")], data: "video?" },
        steps: |stage| Box::pin(late(stage)),
    },
    Story {
        name: "too late",
        line: "carol comes online after the cancel: it never rings",
        cast: &[Alice, Carol],
        expect: Expect { rings: &[], outcomes: &[("carol", "cancelled")], data: "video?" },
        steps: |stage| Box::pin(too_late(stage)),
    },
    Story {
        name: "restart",
        line: "the relay is restarted while it rings; bob says yes while it is away",
        cast: &[Alice, BobKitchen, BobPhone],
        expect: Expect {
            rings: &[BobKitchen, BobPhone],
            outcomes: &[("bob", "accepted on kitchen")],
            data: "video?",
        },
        steps: |stage| Box::pin(restart(stage)),
    },
];

async fn accept(stage: &mut Stage) -> Result<(), Stuck> {
    stage.log_in(Alice).await?;
    stage.log_in(BobKitchen).await?;
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    sleep(THINK).await;
    stage.accept(BobKitchen, "coming").await
}

async fn reject(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    sleep(THINK).await;
    stage[BobKitchen].reject(id, "not now")
}

async fn cancel(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    sleep(PAUSE).await;
    stage.cancel()
}

async fn time_limit(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["bob"], "video?", SHORT)?;
    stage[BobKitchen].rings(id).await
}

async fn modify(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    sleep(THINK).await;
    stage[Alice].modify(id, "audio only?")?;
    stage[BobKitchen].until(id, "heard of the change", |notes| notes.data == "audio only?").await?;
    sleep(THINK).await;
    stage[BobKitchen].modify(id, "at noon?")?;
    stage[Alice].until(id, "heard of the change", |notes| notes.data == "at noon?").await?;
    stage[BobKitchen].until(id, "was granted the change", |notes| notes.granted).await?;
    sleep(THINK).await;
    stage.accept(BobKitchen, "see you").await
}

async fn two_devices(stage: &mut Stage) -> Result<(), Stuck> {
    stage.log_in(BobPhone).await?;
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    stage[BobPhone].rings(id).await?;
    sleep(THINK).await;
    stage.accept(BobKitchen, "coming").await
}

async fn first_login(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["dave"], "welcome!", AMPLE)?;
    sleep(PAUSE).await;
    stage.log_in(Dave).await?;
    stage[Dave].rings(id).await?;
    sleep(THINK).await;
    stage.accept(Dave, "hello!").await
}

async fn group(stage: &mut Stage) -> Result<(), Stuck> {
    let group = |error| Stuck(format!("group: {error}"));
    stage.log_in(Carol).await?;
    stage[Alice].client()?.create_group("team").await.map_err(group)?;
    for part in [BobKitchen, Carol, Dave] {
        stage[part].client()?.join_group("team").await.map_err(group)?;
    }
    let id = stage.invite_in(Some("team"), &["bob", "carol", "dave"], "stand-up", 2 * SHORT)?;
    for part in [BobKitchen, Carol, Dave] {
        stage[part].rings(id).await?;
    }
    sleep(THINK).await;
    stage.accept(BobKitchen, "there in a minute").await?;
    sleep(THINK).await;
    stage[Carol].reject(id, "on a train")
}

async fn late(stage: &mut Stage) -> Result<(), Stuck> {
    stage.log_out(Carol).await;
    let id = stage.invite(&["carol"], "video?", AMPLE)?;
    sleep(PAUSE).await;
    stage.log_in(Carol).await?;
    stage[Carol].rings(id).await?;
    sleep(THINK).await;
    stage.accept(Carol, "just got home").await
}

async fn too_late(stage: &mut Stage) -> Result<(), Stuck> {
    stage.log_out(Carol).await;
    let id = stage.invite(&["carol"], "video?", AMPLE)?;
    sleep(PAUSE).await;
    stage.cancel()?;
    sleep(PAUSE).await;
    stage.log_in(Carol).await?;
    stage[Carol].until(id, "heard that it was over", |notes| notes.missed).await
}

async fn restart(stage: &mut Stage) -> Result<(), Stuck> {
    let id = stage.invite(&["bob"], "video?", AMPLE)?;
    stage[BobKitchen].rings(id).await?;
    sleep(THINK).await;
    stage.stop_relay().await;
    let yes = stage[BobKitchen].say_yes(id, "where were we?")?;
    sleep(PAUSE).await;
    stage.restart_relay().await?;
    stage[BobKitchen].confirmed(yes).await
}
