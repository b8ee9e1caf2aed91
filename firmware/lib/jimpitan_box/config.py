"""Every number a box can be tuned with, in one place; the board or the server may change them."""


class Config:
    """Bounds and periods. Times in ms unless the name says otherwise."""

    def __init__(self) -> None:
        self.heartbeat_ms = 300_000
        self._set_senses()
        self._set_power()
        self._set_memory()
        # Thanks: one payment in two seconds at most; quiet hours in minutes of the local day,
        # whose zone lies so many minutes before UTC (WIB 420, WITA 480, WIT 540).
        self.thanks_ms_min = 2_000
        self.quiet_from_min = 21 * 60
        self.quiet_to_min = 6 * 60
        self.zone_min = 420
        self.is_alarm_silent = False
        self._set_update()

    def _set_senses(self) -> None:
        # Detector: a coin dwells 22 to 44 ms in a beam, a note 100 ms to 3 s; a bounce on the
        # rim 5 to 15 ms in the first beam only (Monte-Carlo of the fall through the throat).
        self.glitch_us = 2_000
        self.coin_us_min = 10_000
        self.coin_us_max = 52_000
        self.note_us_min = 90_000
        self.scrap_us = 20_000  # a coin dwells longer; shorter beside a gap is a scrap of a note
        self.remake_us = 20_000  # gaps of a ragged edge; poured coins come 20 to 80 ms apart
        self.pair_us_max = 3_000_000
        self.blocked_ms_max = 5_000
        self.lid_debounce_ms = 30
        # Scale: what falls is calm after 1.2 s, and weighed for 1.1 s more (Monte-Carlo of
        # bounces and ringing); below the likelihood a guess is called unknown.
        self.settle_ms = 1_300
        self.weigh_ms = 1_150
        self.confident_permille = 900
        self.typical_idr = 0  # the usual gift of the programme, 0 when it has none
        # Watch: a note weighs 0.67 g and more; a calm mean is right within 0.1 g. In a nap the
        # zero of the cell may drift by 0.25 g a kelvin.
        self.loss_mg_min = 450
        self.nap_loss_mg_min = 2_500
        self.boot_loss_mg_min = 5_000  # a room may be 20 K colder when the power is back
        self.foreign_ms_max = 600_000
        self.tilted_ms_max = 5_000
        self.sensor_silent_ms_max = 5_000

    def _set_power(self) -> None:
        # Half an hour awake without mains; then naps, and twenty seconds after each
        # disturbance. A report costs 0.1 mAh, so what is new waits a quarter of an hour.
        self.battery_awake_ms = 1_800_000
        self.stay_awake_ms = 20_000
        self.report_ms = 900_000
        self.report_ms_max = 60_000
        self.nap_heartbeat_ms = 21_600_000
        self.nap_ms_max = 600_000

    def _set_update(self) -> None:
        # Update: a release on trial is left when the server has not acknowledged its first
        # records in an hour; a block that does not come is asked for again, ever more seldom,
        # a hundred times, which takes eight hours of network. On battery a download may keep
        # the radio on for ten minutes, above the voltage that half a charge has. A gift in the
        # second of a restart is lost, so nobody may have been at the box for two minutes; but
        # a box that never calms down (its scale may be broken) restarts after half an hour.
        self.trial_ms_max = 3_600_000
        self.trial_ms_min = 60_000
        self.block_ms = 10_000
        self.block_ms_max = 300_000
        self.block_asked_max = 100
        self.update_air_ms_max = 600_000
        self.update_battery_mv_min = 3_700
        self.restart_calm_ms = 120_000
        self.restart_ms_max = 1_800_000

    def _set_memory(self) -> None:
        # Journal: a real partition has 2 MB; an acknowledged record stays for seven days. At one
        # heartbeat in five minutes and 200 deposits a day, seven days take about 450 KB.
        self.journal_bytes_max = 1_000_000
        self.journal_reserve_bytes = 8_192
        self.segment_bytes_max = 16_384
        self.kept_after_ack_s = 7 * 86_400
        # Outbox and connection.
        self.linger_ms = 0
        self.window_messages_max = 8
        self.window_records_max = 160  # sent and not yet acknowledged by the server
        self.resend_ms = 60_000
        self.resend_ms_max = 900_000
        self.keepalive_s = 60
        self.reply_ms_max = 10_000
        self.reconnect_ms = 1_000
        self.reconnect_ms_max = 60_000
