/* woad/phy.h: the PHYs, numbered as HCI numbers them [Vol 4, Part E, 7.8.49]. */
#ifndef WOAD_PHY_H
#define WOAD_PHY_H

enum woad_phy {
    WOAD_PHY_1M = 1,
    WOAD_PHY_2M = 2,
    WOAD_PHY_CODED = 3,
    /* Of one packet in the air, where the two codings are told apart [Vol 6, Part B, 2.2]: */
    WOAD_PHY_CODED_S8 = WOAD_PHY_CODED,
    WOAD_PHY_CODED_S2 = 4,
};

#endif
