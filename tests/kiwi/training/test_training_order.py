"""What is drawn when: weights, buckets, epochs, all from the seed alone."""

from collections import Counter

import pytest

pytest.importorskip("torch")

from sparkle.kiwi.training.order import Order

SMALL, LARGE = (5, 32, 64), (9, 64, 64)


def make(weights=(1.0,), counts=(10,), micro_batch=1, seed=3, bucket=lambda sample: SMALL):
    datasets = [number for number, count in enumerate(counts) for _ in range(count)]
    buckets = [bucket(sample) for sample in range(len(datasets))]
    return Order(datasets, buckets, list(weights), micro_batch, seed)


def drawn(order, count):
    return [order.micro_batch_at(index) for index in range(count)]


def test_an_epoch_of_one_dataset_has_every_sample_once_and_the_next_another_order():
    first, second = drawn(make(), 20)[:10], drawn(make(), 20)[10:]
    assert sorted(draw.sample for (draw,) in first) == list(range(10))
    assert sorted(draw.sample for (draw,) in second) == list(range(10))
    assert [draw.sample for (draw,) in first] != [draw.sample for (draw,) in second]


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    assert drawn(make(), 30) == drawn(make(), 30)
    assert drawn(make(), 30) != drawn(make(seed=4), 30)


def test_any_place_can_be_asked_for_without_those_before_it():
    whole = drawn(make(micro_batch=3), 40)
    order = make(micro_batch=3)
    assert [order.micro_batch_at(index) for index in (33, 0, 39, 12, 33)] == [
        whole[i] for i in (33, 0, 39, 12, 33)
    ]


def test_weights_decide_over_shares_whatever_the_sizes_of_the_datasets():
    order = make(weights=(3.0, 1.0), counts=(20, 60))
    datasets = Counter(order.datasets[draw.sample] for (draw,) in drawn(order, 800))
    assert datasets[0] == 600
    assert datasets[1] == 200


def test_a_dataset_that_is_drawn_seldom_still_has_its_turn():
    order = make(weights=(100.0, 1.0), counts=(5, 5))
    samples = Counter(draw.sample for (draw,) in drawn(order, 2020))
    assert sum(samples[sample] for sample in range(5, 10)) == 20
    assert all(samples[sample] == 4 for sample in range(5, 10))


def test_a_micro_batch_has_one_size():
    order = make(counts=(25,), micro_batch=4, bucket=lambda sample: LARGE if sample % 3 else SMALL)
    for batch in drawn(order, 50):
        assert len(batch) == 4
        assert len({order.buckets[draw.sample] for draw in batch}) == 1


def test_no_two_draws_of_a_run_have_one_name():
    names = Counter(
        (draw.epoch, draw.place) for batch in drawn(make(counts=(7,), micro_batch=4), 60) for draw in batch
    )
    assert max(names.values()) == 1


def test_draws_do_not_depend_on_how_they_are_stacked():
    singles = [draw for batch in drawn(make(counts=(8,), micro_batch=1), 16) for draw in batch]
    fours = [draw for batch in drawn(make(counts=(8,), micro_batch=4), 4) for draw in batch]
    assert singles == fours


def test_a_sample_is_replaced_by_others_of_its_size():
    order = make(counts=(12,), bucket=lambda sample: LARGE if sample % 2 else SMALL)
    (draw,) = order.micro_batch_at(0)
    others = order.alternatives(draw, 3)
    assert len(others) == 3
    assert draw.sample not in others
    assert {order.buckets[sample] for sample in others} == {order.buckets[draw.sample]}
